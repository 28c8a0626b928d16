package nodes

import (
	"cmp"
	"slices"
)

// Other is somebody else's, for whom the operator's node-exporter stands aside.
type Other struct {
	Workload
	// Exporter says that it is a node-exporter. Otherwise it has the port that ours
	// would need.
	Exporter bool
}

// Aside returns the workload for which ours is to stand aside, or nil. port is the one
// that ours would take of every node, 0 if it takes none.
//
// A pod that stands alone and is a node-exporter counts, since somebody may run one so on
// every node. One that has the port and is none does not: ours runs on all other nodes.
func Aside(daemonSets, pods []Workload, port int32) *Other {
	for _, check := range []struct {
		among    []Workload
		found    func(Workload) bool
		exporter bool
	}{
		{daemonSets, Workload.IsNodeExporter, true},
		{pods, Workload.IsNodeExporter, true},
		{daemonSets, func(w Workload) bool { return port != 0 && w.Takes(port) }, false},
	} {
		among := slices.Clone(check.among)
		slices.SortFunc(among, byName)
		if i := slices.IndexFunc(among, check.found); i >= 0 {
			return &Other{Workload: among[i], Exporter: check.exporter}
		}
	}
	return nil
}

// byName gives the same answer every time.
func byName(a, b Workload) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}
