//go:build linux

package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/util/wait"
)

// turnSocket is an abstract one: it is no file, and the kernel takes it away with the
// process that opened it.
const turnSocket = "@ragmonitor-cluster"

// Turn waits until no other command on the machine starts a cluster, and keeps others
// from it until done is called: between the choice of addresses and the link that
// takes them, another would choose the same.
func Turn(ctx context.Context) (done func() error, err error) {
	var listener net.Listener
	err = wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		var err error
		listener, err = new(net.ListenConfig).Listen(ctx, "unix", turnSocket)
		if errors.Is(err, unix.EADDRINUSE) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return nil, fmt.Errorf("wait for other clusters to be started: %w", err)
	}
	return listener.Close, nil
}
