package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
)

// target is one fuzz function of the tree.
type target struct {
	dir  string // relative to the root, slashes
	name string
}

// fuzz makes a step that lets every fuzz target of the tree generate inputs
// for a while. Their corpora run with the other tests.
func fuzz(fuzztime string) func(context.Context) (tally, error) {
	return func(ctx context.Context) (tally, error) {
		targets, err := fuzzTargets(".")
		if err != nil {
			return tally{}, err
		}
		var sum tally
		for _, t := range targets {
			fmt.Printf("   %s\n", t.name)
			got, err := counted(ctx, goTally, "", "go", "test", "-json", "-count=1", "-timeout=10m",
				"-run=^$", "-fuzz=^"+t.name+"$", "-fuzztime="+fuzztime, "./"+t.dir)
			if err != nil && got.failed == 0 {
				got.failed = 1
			}
			sum = sum.plus(got)
			if ctx.Err() != nil {
				return sum, ctx.Err()
			}
		}
		return sum, failures(sum)
	}
}

// fuzzTargets finds every function FuzzXxx(*testing.F) in a test file below
// root. Directories that the go command ignores are left out.
func fuzzTargets(root string) ([]target, error) {
	var targets []target
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && isFuzz(f) {
				targets = append(targets, target{filepath.ToSlash(rel), f.Name.Name})
			}
		}
		return nil
	})
	return targets, err
}

func isFuzz(f *ast.FuncDecl) bool {
	if f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Fuzz") || len(f.Type.Params.List) != 1 {
		return false
	}
	star, ok := f.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	sel, ok := star.X.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "F"
}
