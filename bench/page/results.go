//go:build linux && (amd64 || arm64)

package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"causeway/bench"
	"causeway/bench/floor"
)

// results are all files of a directory.
type results struct {
	floor   *floor.Report
	meet    *bench.Result
	routes  map[string]*bench.RouteResult // by the file's name, without .json
	names   []string                      // of routes, in the order of Studies, others behind
	changes []Change
	extra   map[string]map[string]any // browser and clone
}

// Change is one change that was kept: a row of changes.json.
type Change struct {
	What    string  `json:"what"`
	Figure  string  `json:"figure"` // what was measured, with its unit
	Before  float64 `json:"before"`
	After   float64 `json:"after"`
	Commit  string  `json:"commit"`
	Command string  `json:"command"`
}

func read(dir string) (*results, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	r := &results{routes: map[string]*bench.RouteResult{}, extra: map[string]map[string]any{}}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if err := r.read(name, file); err != nil {
			return nil, fmt.Errorf("page: %s: %w", file, err)
		}
	}
	for _, s := range Studies {
		if r.routes[s.Name] != nil {
			r.names = append(r.names, s.Name)
		}
	}
	var others []string
	for name := range r.routes {
		if !slices.Contains(r.names, name) {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	r.names = append(r.names, others...)
	return r, nil
}

func (r *results) read(name, file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	switch name {
	case "floor":
		return d.Decode(&r.floor)
	case "meet":
		return d.Decode(&r.meet)
	case "changes":
		d.DisallowUnknownFields()
		return d.Decode(&r.changes)
	case "browser", "clone":
		v := map[string]any{}
		r.extra[name] = v
		return d.Decode(&v)
	}
	route := &bench.RouteResult{}
	if err := d.Decode(route); err != nil {
		return err
	}
	if route.Scenario == "" || len(route.Points) == 0 {
		return errors.New("it is no result of bench route")
	}
	r.routes[name] = route
	return nil
}

// draw makes the pictures of all results.
func (r *results) draw(dir string) error {
	for name, route := range r.routes {
		if err := picture(filepath.Join(dir, name+".svg"), route.PrintSVG); err != nil {
			return err
		}
	}
	if r.floor != nil {
		return picture(filepath.Join(dir, "floor.svg"), r.floor.PrintSVG)
	}
	return nil
}

func picture(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return fmt.Errorf("page: %s: %w", path, err)
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// Write draws the pictures in dir and writes the page to path, which names
// them relative to itself.
func Write(dir, path string) error {
	r, err := read(dir)
	if err != nil {
		return err
	}
	if len(r.routes) == 0 && r.floor == nil {
		return fmt.Errorf("page: %s holds no results: %w", dir, fs.ErrNotExist)
	}
	if err := r.draw(dir); err != nil {
		return err
	}
	at, err := filepath.Rel(filepath.Dir(path), dir)
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	var b strings.Builder
	r.write(&b, filepath.ToSlash(at))
	return os.WriteFile(path, []byte(b.String()), 0o644)
}
