// Package web serves Causeway's pages: the first page (sign in, my meetings)
// and the meeting page. Vite builds them into dist, which this package embeds.
//
// It serves files and nothing else: the JSON API that the pages call belongs
// to package cloud, the joining exchange to package zone. A Handler is made
// once and is read-only afterwards, so any number of requests may share it.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// Dist holds the built pages below "dist". Without a build it holds only the
// file .keep, and Handler says how to build them.
//
//go:embed all:dist
var Dist embed.FS

// Handler serves the embedded pages:
//
//	/          the first page
//	/m/{id}    the meeting page, whatever the id: the page asks the API about it
//	/assets/…  hashed files, which never change and are cached for good
//
// and the few other files of dist by their names. Everything else is 404.
func Handler() http.Handler {
	dist, err := fs.Sub(Dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path: fs.Sub cannot fail
	}
	return handler(dist)
}

// policy allows our own scripts and styles and nothing inline. connect-src
// holds https: because a zone may answer on other hosts than the pages' own.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob: mediastream:; " +
	"connect-src 'self' https:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// permissions gives the devices of a meeting to our own pages and denies what no page of ours asks for.
const permissions = "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), screen-wake-lock=(self), " +
	"fullscreen=(self), autoplay=(self), clipboard-write=(self), geolocation=(), usb=(), serial=(), midi=(), payment=()"

const immutable = "public, max-age=31536000, immutable"

// asset is one file with the compressed forms that the build made of it.
type asset struct {
	contentType, cache, etag string
	plain, br, gz            []byte
}

type pages map[string]*asset

func handler(dist fs.FS) http.Handler {
	all := load(dist)
	if all["/"] == nil {
		return http.HandlerFunc(unbuilt)
	}
	return all
}

// load reads dist. Nothing is fatal: a file that cannot be read is not served.
func load(dist fs.FS) pages {
	all := pages{}
	fs.WalkDir(dist, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return nil
		}
		if ext := path.Ext(name); ext == ".br" || ext == ".gz" {
			return nil
		}
		plain, err := fs.ReadFile(dist, name)
		if err != nil {
			return nil
		}
		a := &asset{contentType: contentType(name), cache: "no-cache", plain: plain, etag: etag(plain)}
		a.br, _ = fs.ReadFile(dist, name+".br")
		a.gz, _ = fs.ReadFile(dist, name+".gz")
		if strings.HasPrefix(name, "assets/") {
			a.cache = immutable
		}
		switch name {
		case "index.html":
			all["/"] = a
		case "meet.html":
			all["/m/{id}"] = a
		default:
			all["/"+name] = a
		}
		return nil
	})
	return all
}

// ServeHTTP serves one page or file.
func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This page can only be read.", http.StatusMethodNotAllowed)
		return
	}
	a := p[route(r.URL.Path)]
	if a == nil {
		sayNotFound(w)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", a.cache)
	body := a.plain
	etag := a.etag
	if a.br != nil || a.gz != nil {
		h.Set("Vary", "Accept-Encoding")
		switch accepted := r.Header.Get("Accept-Encoding"); {
		case a.br != nil && accepts(accepted, "br"):
			h.Set("Content-Encoding", "br")
			body, etag = a.br, etag[:len(etag)-1]+`-br"`
		case a.gz != nil && accepts(accepted, "gzip"):
			h.Set("Content-Encoding", "gzip")
			body, etag = a.gz, etag[:len(etag)-1]+`-gz"`
		}
	}
	h.Set("ETag", etag)
	if strings.Contains(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		w.Write(body) // the client is gone if this fails
	}
}

// route turns a request's path into a key of pages. The meeting page's own
// path is a key that no URL path can equal by itself: braces are refused.
func route(p string) string {
	if id, ok := strings.CutPrefix(p, "/m/"); ok {
		if id = strings.TrimSuffix(id, "/"); id == "" || strings.Contains(id, "/") {
			return ""
		}
		return "/m/{id}"
	}
	return p
}

func head(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Permissions-Policy", permissions)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// contentType knows what Vite emits; the system's MIME table is asked last, because it differs between machines.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

func etag(b []byte) string {
	sum := sha256.Sum256(b)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// accepts says whether an Accept-Encoding header names a coding without q=0 (RFC 9110, 12.5.3).
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, isQ := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		return !isQ || strings.Trim(q, "0.") != ""
	}
	return false
}

const notFoundPage = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
	`<title>Not found · Causeway</title><h1>There is nothing at this address</h1>` +
	`<p>A meeting link looks like <code>/m/abcd-efgh-jkmn</code>. Check the link with the person who sent it.</p><p><a href="/">To the start page</a></p></html>`

func sayNotFound(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	w.Write([]byte(notFoundPage))
}

const unbuiltPage = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
	`<title>Pages not built · Causeway</title><h1>The pages were not built into this binary</h1>` +
	`<p>The system runs, but its web pages are missing. Build with <code>make build</code>, which needs Node 20 or later, ` +
	`or run <code>npm ci &amp;&amp; npm run build</code> in <code>control/web</code> and then <code>go build</code> again.</p></html>`

// unbuilt answers everything in a binary that was built without the pages.
func unbuilt(w http.ResponseWriter, _ *http.Request) {
	head(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	w.Write([]byte(unbuiltPage))
}
