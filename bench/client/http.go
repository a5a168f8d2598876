package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"causeway/control/wire"
)

// post sends the offer through the client's door and returns the answer and
// where the session can be deleted. A refusal is a *wire.Problem.
func post(ctx context.Context, c *Config, offer string) (answer, location string, err error) {
	path := "/v1/meetings/" + url.PathEscape(c.Meeting) + "/sessions"
	if c.Door != Web {
		path = "/" + string(c.Door) + "/" + url.PathEscape(c.Meeting)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.URL, "/")+path, strings.NewReader(offer))
	if err != nil {
		return "", "", fmt.Errorf("client: %w", err)
	}
	r.Header.Set("Content-Type", "application/sdp")
	r.Header.Set("Authorization", "Bearer "+c.Ticket)
	w, err := c.HTTP.Do(r)
	if err != nil {
		return "", "", fmt.Errorf("client: the offer could not be posted: %w", err)
	}
	defer w.Body.Close()
	body, err := io.ReadAll(io.LimitReader(w.Body, wire.MaxOfferBytes))
	if err != nil {
		return "", "", fmt.Errorf("client: the answer could not be read: %w", err)
	}
	if w.StatusCode != http.StatusCreated {
		return "", "", fmt.Errorf("client: %s refused the offer with %d: %w", path, w.StatusCode, wire.ReadProblem(w.StatusCode, body))
	}
	if t := w.Header.Get("Content-Type"); !strings.HasPrefix(t, "application/sdp") {
		return "", "", fmt.Errorf("client: the answer's content type is %q", t)
	}
	at, err := w.Request.URL.Parse(w.Header.Get("Location"))
	if err != nil || w.Header.Get("Location") == "" {
		return "", "", fmt.Errorf("client: the answer has no usable Location: %q", w.Header.Get("Location"))
	}
	return string(body), at.String(), nil
}

// leave deletes the session at location. One that is gone already is no error.
func leave(c *Config, location string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodDelete, location, nil)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+c.Ticket)
	w, err := c.HTTP.Do(r)
	if err != nil {
		return fmt.Errorf("client: leaving: %w", err)
	}
	defer w.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(w.Body, 64<<10))
	if w.StatusCode/100 != 2 && w.StatusCode != http.StatusNotFound {
		return fmt.Errorf("client: leaving was refused with %d: %w", w.StatusCode, wire.ReadProblem(w.StatusCode, body))
	}
	return nil
}
