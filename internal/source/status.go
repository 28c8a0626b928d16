package source

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// maxErrorBody bounds, in bytes, what is read of an answer that is an error.
const maxErrorBody = 64 << 10

// statusError is an answer with another status than 2xx.
type statusError struct {
	code int
	text string
}

// Error implements error.
func (e *statusError) Error() string { return e.text }

// maybeMethod says whether GET may do what POST did not: proxies in front of a
// server allow only reading, and Kubernetes tells the two apart in its roles.
func (e *statusError) maybeMethod() bool {
	switch e.code {
	case http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	}
	return false
}

// newStatusError reads what the server says about its refusal.
func newStatusError(response *http.Response) *statusError {
	e := &statusError{code: response.StatusCode}
	e.text = fmt.Sprintf("the server answered %d %s", e.code, http.StatusText(e.code))
	if e.code/100 == 3 {
		e.text += ": " + redirection(response)
		return e
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
	var said struct{ ErrorType, Error string }
	if err == nil && json.Unmarshal(body, &said) == nil && said.Error != "" {
		e.text += ": " + clip(said.ErrorType) + ": " + clip(said.Error)
	}
	return e
}

// redirection keeps the path and the query of where it leads to itself: a login
// page is given secrets there.
func redirection(response *http.Response) string {
	to := "another place"
	if u, err := url.Parse(response.Header.Get("Location")); err == nil && u.Host != "" {
		to = clip(u.Scheme + "://" + u.Host)
	}
	return fmt.Sprintf("redirected to %s: redirects are refused, give the server's own URL", to)
}
