package controlplane

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// auditPolicy records who did what to which object, one line for each request.
// The stage at which a request arrives would be a second line, and a watch has one
// when it begins and one when it ends.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
`

// AuditEvent is one line of the audit log: the part of audit.k8s.io/v1 Event that
// tells requests apart.
type AuditEvent struct {
	// Stage is ResponseComplete; also ResponseStarted for a watch.
	Stage string `json:"stage"`
	// Verb of the API, such as get, list, watch, create, update, patch, delete.
	Verb string `json:"verb"`
	// User that asked.
	User struct {
		Username string `json:"username"`
	} `json:"user"`
	// UserAgent of the client.
	UserAgent string `json:"userAgent"`
	// RequestURI with its query, which tells a list from a paged one.
	RequestURI string `json:"requestURI"`
	// ObjectRef is empty for requests that are not about an object.
	ObjectRef struct {
		Resource    string `json:"resource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
		APIGroup    string `json:"apiGroup"`
		Subresource string `json:"subresource"`
	} `json:"objectRef"`
	// ResponseStatus has the HTTP code.
	ResponseStatus struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

// Write says whether the request was to change something.
func (e AuditEvent) Write() bool {
	switch e.Verb {
	case "create", "update", "patch", "delete", "deletecollection":
		return true
	default:
		return false
	}
}

// ReadAudit reads the requests so far from the audit log at path. A request is in
// it before its answer is sent.
func ReadAudit(path string) ([]AuditEvent, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	var events []AuditEvent
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return events, nil // what follows the last newline is still being written
		}
		if err != nil {
			return nil, fmt.Errorf("read the audit log: %w", err)
		}
		var event AuditEvent
		if err := json.Unmarshal(line, &event); err != nil {
			return nil, fmt.Errorf("read the audit log: line %d: %w", len(events)+1, err)
		}
		events = append(events, event)
	}
}

// writeAuditPolicy returns the file's path.
func writeAuditPolicy(dir string) (string, error) {
	path := filepath.Join(dir, "audit-policy.yaml")
	if err := os.WriteFile(path, []byte(auditPolicy), 0o600); err != nil {
		return "", fmt.Errorf("write the audit policy: %w", err)
	}
	return path, nil
}
