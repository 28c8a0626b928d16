package health

import "github.com/ragmonitor/ragmonitor-operator/api/v1alpha1"

// Uninstalled is the verdict that the operator leaves behind when it goes: from then
// on nobody looks.
func Uninstalled() Verdict { return unknown(v1alpha1.ReasonUninstalled) }
