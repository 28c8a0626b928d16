//go:build linux

package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Client talks to the supervisor of a node.
type Client struct {
	http *http.Client
}

// NewClient returns one for the cluster in this place. It connects with each request.
func NewClient(place Place) *Client {
	return &Client{http: &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dial(ctx, place)
		},
	}}}
}

// dial goes by way of the folder's descriptor: the path of a socket may be no longer
// than 107 characters, which a folder's may.
func dial(ctx context.Context, place Place) (net.Conn, error) {
	dir, err := unix.Open(place.Dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", place.Dir, err)
	}
	defer unix.Close(dir) //nolint:errcheck // it was only looked at
	return new(net.Dialer).DialContext(ctx, "unix", fmt.Sprintf("/proc/self/fd/%d/%s", dir, controlFile))
}

// Status asks for the state of the components.
func (c *Client) Status(ctx context.Context) (Report, error) {
	var report Report
	err := c.ask(ctx, http.MethodGet, "/status", nil, &report)
	return report, err
}

// Restart ends a component, with SIGKILL when hard, and returns when it works again.
func (c *Client) Restart(ctx context.Context, component string, hard bool) (Status, error) {
	var status Status
	query := url.Values{"hard": {strconv.FormatBool(hard)}}
	err := c.ask(ctx, http.MethodPost, "/restart/"+url.PathEscape(component)+"?"+query.Encode(), nil, &status)
	return status, err
}

// Images are the identities of the images that were loaded, by their name.
func (c *Client) Images(ctx context.Context) (map[string]string, error) {
	loaded := map[string]string{}
	err := c.ask(ctx, http.MethodGet, "/images", nil, &loaded)
	return loaded, err
}

// Load loads the image in a file, which has this name and identity.
func (c *Client) Load(ctx context.Context, path, ref, id string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("load an image: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	query := url.Values{"ref": {ref}, "id": {id}}
	return c.ask(ctx, http.MethodPost, "/images?"+query.Encode(), file, nil)
}

// ask sends a request and reads the answer into result, unless that is nil.
func (c *Client) ask(ctx context.Context, method, path string, body io.Reader, result any) error {
	request, err := http.NewRequestWithContext(ctx, method, "http://node"+path, body)
	if err != nil {
		return fmt.Errorf("ask the node: %w", err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("ask the node: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // it was read to its end
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("ask the node: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(strings.TrimSpace(string(content)))
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(content, result); err != nil {
		return fmt.Errorf("read what the node says: %w", err)
	}
	return nil
}
