package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/postlude/postlude/internal/workitem"
)

// client processes workitems over HTTP.
type client struct {
	http *http.Client
	url  string
}

func newClient(url string, connections int) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}
	return &client{http: &http.Client{Transport: transport, Timeout: 20 * time.Second}, url: url}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// A request that met somebody else's processing of the same workitem is repeated,
// so often and after such a pause.
const (
	conflictAttempts = 10
	conflictPause    = 20 * time.Millisecond
)

// process processes an event, again if somebody else is faster.
func (c *client) process(ctx context.Context, items workitem.Items) error {
	body := workitem.AppendJSON(nil, items)
	for attempt := 1; ; attempt++ {
		status, answer, err := c.post(ctx, body)
		switch {
		case err != nil:
			return fmt.Errorf("process workitem: %w", err)
		case status == http.StatusOK:
			return nil
		case status != http.StatusConflict || attempt == conflictAttempts:
			return fmt.Errorf("process workitem %s: status %d: %s", items.Text(workitem.UniqueID), status, detail(answer))
		}
		if err := sleep(ctx, conflictPause); err != nil {
			return err
		}
	}
}

func (c *client) post(ctx context.Context, body []byte) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/api/workflow/workitem", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// detail is what an answer says about an error.
func detail(answer []byte) string {
	var problem struct {
		Detail string `json:"detail"`
	}
	if err := json.Unmarshal(answer, &problem); err != nil || problem.Detail == "" {
		return string(answer)
	}
	return problem.Detail
}

// sleep waits, unless the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
