package config

import (
	"maps"
	"slices"
	"strings"
)

// sysctls are what the kubelet wants of the kernel, by their path in /proc/sys. They
// are not part of any namespace, so that a kubelet that sets them changes the whole
// machine. It writes none that it finds right: inside the node, files with these
// values are mounted over them.
var sysctls = map[string]string{
	"kernel/keys/root_maxbytes": "25000000",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
}

// Sysctls are the paths in /proc/sys that are covered by files of the cluster.
func Sysctls() []string { return slices.Sorted(maps.Keys(sysctls)) }

// SysctlFile is the file in the cluster's folder that covers the one in /proc/sys.
func SysctlFile(name string) string {
	return "etc/sysctl/" + strings.ReplaceAll(name, "/", ".")
}
