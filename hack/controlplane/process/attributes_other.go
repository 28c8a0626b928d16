//go:build !linux

package process

import "syscall"

// attributes put the process into a group of its own, so that Ctrl-C reaches only
// us and everything is ended in order.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
