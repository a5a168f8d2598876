//go:build linux && (amd64 || arm64)

// Package page writes PERF.md: everything in it comes from files of results,
// which the commands wrote that stand in it, and nothing is typed by hand.
//
// The files lie in one directory: floor.json of bench floor, meet.json of bench
// meet, changes.json, browser.json of the browser's measurement, clone.json of
// the one in a clean clone, and all others of bench route. Each result of bench
// floor and bench route gets a picture beside it. A file that is missing leaves
// its chapter out; one that cannot be read is an error.
package page
