// Package policy holds the rules about who may import whom and proves in its
// tests that the tree keeps them.
//
// It reads source files as text, whatever their build constraints, so that a
// rule holds on every platform. It knows nothing of types: a rule is about
// import paths and about selectors on the package time. The rules themselves
// stand in rules.go; what they are for is in the design, "The houses".
package policy

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
)

// file is what the rules look at of one Go file.
type file struct {
	path    string   // relative to the root, slashes
	pkg     string   // import path of its directory without the module: "router/stun"
	test    bool     // a _test.go file
	imports []string // as written; our own without the module's name: "./router/rtp"
	clocks  []string // "time.Now" and its kin, as used
}

// violation is one rule broken by one file.
type violation struct {
	path string
	rule string
	what string
}

func (v violation) String() string { return fmt.Sprintf("%s: %s: %s", v.path, v.rule, v.what) }

// own marks an import path of this module in file.imports.
const own = "./"

// load parses every Go file below root, which is the root of module. What the
// go command ignores is left out, as are directories of node packages.
func load(root, module string) ([]file, error) {
	var files []file
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() {
			if path != root && (name == "testdata" || name == "node_modules" || name[0] == '.' || name[0] == '_') {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f, err := parse(path, filepath.ToSlash(rel), module)
		if err == nil {
			files = append(files, f)
		}
		return err
	})
	return files, err
}

func parse(path, rel, module string) (file, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return file{}, err
	}
	f := file{path: rel, test: strings.HasSuffix(rel, "_test.go")}
	if i := strings.LastIndexByte(rel, '/'); i >= 0 {
		f.pkg = rel[:i]
	}
	clock := "" // the name under which this file knows package time
	for _, spec := range parsed.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, fmt.Errorf("%s: %w", rel, err)
		}
		if name == "time" {
			clock = "time"
			if spec.Name != nil {
				clock = spec.Name.Name
			}
		}
		if rest, ok := strings.CutPrefix(name, module+"/"); ok {
			name = own + rest
		}
		f.imports = append(f.imports, name)
	}
	if clock != "" {
		f.clocks = clocks(parsed, clock)
	}
	return f, nil
}

// clocks lists the uses of what reads or waits for the wall clock.
func clocks(parsed *ast.File, pkg string) []string {
	var found []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); !ok || x.Name != pkg {
			return true
		}
		switch sel.Sel.Name {
		case "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick":
			found = append(found, "time."+sel.Sel.Name)
		}
		return true
	})
	return found
}
