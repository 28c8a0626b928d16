package status

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"
)

const (
	// objectsShare and healthShare are what each of the two parts has of the 8 KiB of a
	// status, in bytes of JSON. What fails is told at length in the former.
	objectsShare = 4608
	healthShare  = 8<<10 - objectsShare
	// maxUnavailable and maxBurnIn are what the API takes of entries.
	maxUnavailable = 64
	maxBurnIn      = 80
)

// lengths of what an alert misses, in bytes, longest first. The first is what the
// API takes.
var lengths = []int{128, 64, 32, 16, 0}

// problemLengths are those of the message of a problem, in bytes, longest first. The
// first is what the API takes.
var problemLengths = []int{256, 160, 96, 0}

// sizeOf is the number of bytes of JSON. There is nothing in a status that cannot be
// printed.
func sizeOf(v any) int {
	data, err := json.Marshal(v)
	if err != nil {
		return healthShare
	}
	return len(data)
}

// shortened says as much of alerts as there is room for: the name of an alert is
// worth more than what it misses.
func shortened(alerts []v1alpha1.UnavailableAlert, room int) []v1alpha1.UnavailableAlert {
	var out []v1alpha1.UnavailableAlert
	for _, length := range lengths {
		out = nil
		for _, a := range alerts {
			a.Missing = strings.ToValidUTF8(a.Missing[:min(len(a.Missing), length)], "")
			out = append(out, a)
		}
		if sizeOf(out) <= room {
			return out
		}
	}
	for len(out) > 0 && sizeOf(out) > room {
		out = out[:len(out)-1]
	}
	return out
}

// loudest leaves out those that would have fired least, until there is room for the
// others.
func loudest(readings []v1alpha1.BurnInReading, room int) []v1alpha1.BurnInReading {
	out := slices.SortedFunc(slices.Values(readings), func(a, b v1alpha1.BurnInReading) int {
		return cmp.Or(cmp.Compare(*b.Pages, *a.Pages), cmp.Compare(a.Alert, b.Alert))
	})
	out = out[:min(len(out), maxBurnIn)]
	for len(out) > 0 && sizeOf(out) > room {
		out = out[:len(out)-1]
	}
	return byAlert(out)
}

// briefly says as much of problems as there is room for: which component it is, and
// the reason, are worth more than the message.
func briefly(problems []v1alpha1.TargetProblem, room int) []v1alpha1.TargetProblem {
	for _, length := range problemLengths {
		var out []v1alpha1.TargetProblem
		for _, p := range problems {
			p.Message = cut(p.Message, length)
			out = append(out, p)
		}
		if sizeOf(out) <= room {
			return out
		}
		problems = out
	}
	for len(problems) > 0 && sizeOf(problems) > room {
		problems = problems[:len(problems)-1]
	}
	return problems
}

// cut leaves no message with half a word of what to do.
func cut(message string, length int) string {
	if len(message) <= length {
		return message
	}
	if length <= len(ellipsis) {
		return ""
	}
	return strings.ToValidUTF8(message[:length-len(ellipsis)], "") + ellipsis
}
