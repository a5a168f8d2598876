package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

var built = fstest.MapFS{
	".keep":                 {},
	"index.html":            {Data: []byte("<first page>")},
	"index.html.br":         {Data: []byte("br of index")},
	"index.html.gz":         {Data: []byte("gz of index")},
	"meet.html":             {Data: []byte("<meeting page>")},
	"icon.svg":              {Data: []byte("<svg/>")},
	"assets/meet-abc123.js": {Data: []byte("run()")},
}

func get(t *testing.T, h http.Handler, method, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), string(body)
}

func TestEachPathGetsItsPage(t *testing.T) {
	h := handler(built)
	for _, c := range []struct {
		path, body, contentType, cache string
		status                         int
	}{
		{"/", "<first page>", "text/html; charset=utf-8", "no-cache", 200},
		{"/m/abcd-efgh-jkmn", "<meeting page>", "text/html; charset=utf-8", "no-cache", 200},
		{"/m/abcd/", "<meeting page>", "text/html; charset=utf-8", "no-cache", 200},
		{"/icon.svg", "<svg/>", "image/svg+xml", "no-cache", 200},
		{"/assets/meet-abc123.js", "run()", "text/javascript; charset=utf-8", immutable, 200},
		{"/assets/other.js", notFoundPage, "text/html; charset=utf-8", "no-store", 404},
		{"/m/", notFoundPage, "text/html; charset=utf-8", "no-store", 404},
		{"/m/a/b", notFoundPage, "text/html; charset=utf-8", "no-store", 404},
		{"/.keep", notFoundPage, "text/html; charset=utf-8", "no-store", 404},
		{"/index.html.br", notFoundPage, "text/html; charset=utf-8", "no-store", 404},
		{"/../web.go", notFoundPage, "text/html; charset=utf-8", "no-store", 404},
	} {
		r, body := get(t, h, "GET", c.path)
		if r.StatusCode != c.status || body != c.body {
			t.Errorf("GET %s: %d %q, want %d %q", c.path, r.StatusCode, body, c.status, c.body)
		}
		if got := r.Header.Get("Content-Type"); got != c.contentType {
			t.Errorf("GET %s: Content-Type %q, want %q", c.path, got, c.contentType)
		}
		if got := r.Header.Get("Cache-Control"); got != c.cache {
			t.Errorf("GET %s: Cache-Control %q, want %q", c.path, got, c.cache)
		}
	}
}

func TestEveryAnswerCarriesThePolicies(t *testing.T) {
	for name, h := range map[string]http.Handler{"built": handler(built), "unbuilt": handler(fstest.MapFS{})} {
		for _, path := range []string{"/", "/m/abc", "/nothing"} {
			r, _ := get(t, h, "GET", path)
			csp := r.Header.Get("Content-Security-Policy")
			if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s %s: policy %q", name, path, csp)
			}
			for _, h := range []string{"Permissions-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
				if r.Header.Get(h) == "" {
					t.Errorf("%s %s: no %s", name, path, h)
				}
			}
		}
	}
}

func TestTheBestAcceptedCompressionIsServed(t *testing.T) {
	h := handler(built)
	for accept, want := range map[string]string{
		"gzip, deflate, br": "br", "gzip": "gzip", "br;q=0, gzip": "gzip", "br;q=0.5": "br", "": "", "identity": "", "br;q=0.000": "",
	} {
		r, body := get(t, h, "GET", "/", "Accept-Encoding", accept)
		if got := r.Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: Content-Encoding %q, want %q", accept, got, want)
		}
		wantBody := map[string]string{"br": "br of index", "gzip": "gz of index", "": "<first page>"}[want]
		if body != wantBody || r.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: body %q, Vary %q", accept, body, r.Header.Get("Vary"))
		}
	}
}

func TestAKnownPageIsNotSentAgain(t *testing.T) {
	h := handler(built)
	first, _ := get(t, h, "GET", "/", "Accept-Encoding", "br")
	again, body := get(t, h, "GET", "/", "Accept-Encoding", "br", "If-None-Match", first.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("got %d %q, want 304 and nothing", again.StatusCode, body)
	}
	plain, _ := get(t, h, "GET", "/")
	if plain.Header.Get("ETag") == first.Header.Get("ETag") {
		t.Error("two encodings share one ETag")
	}
}

func TestPagesAreOnlyRead(t *testing.T) {
	r, _ := get(t, handler(built), "POST", "/")
	if r.StatusCode != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, Allow %q", r.StatusCode, r.Header.Get("Allow"))
	}
	if r, body := get(t, handler(built), "HEAD", "/"); r.StatusCode != 200 || body != "" || r.Header.Get("Content-Length") == "" {
		t.Errorf("HEAD: %d %q", r.StatusCode, body)
	}
}

func TestABinaryWithoutPagesSaysHowToBuildThem(t *testing.T) {
	r, body := get(t, handler(fstest.MapFS{".keep": {}}), "GET", "/m/abc")
	if r.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "make build") {
		t.Errorf("got %d %q", r.StatusCode, body)
	}
}

// The page may not need what its own policy forbids.
func TestBuiltPagesHaveNothingInline(t *testing.T) {
	for _, name := range []string{"dist/index.html", "dist/meet.html"} {
		page, err := Dist.ReadFile(name)
		if err != nil {
			t.Skip("the pages are not built")
		}
		text := string(page)
		for _, bad := range []string{"<style", " style=", " onload=", "javascript:", "<script>"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s contains %q", name, bad)
			}
		}
	}
}
