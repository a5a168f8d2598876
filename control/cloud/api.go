package cloud

import (
	"net/http"

	"causeway/control/ticket"
	"causeway/control/wire"
)

// maxListed bounds GET /api/meetings.
const maxListed = 200

// base is where join links begin: the configured address, or what the browser used.
func (c *Cloud) base(r *http.Request) string {
	if c.config.PublicURL != "" {
		return c.config.PublicURL
	}
	base := "http://" + r.Host
	if r.TLS != nil {
		base = "https://" + r.Host
	}
	if !validBase(base) {
		return ""
	}
	return base
}

// getMeetings answers GET /api/meetings: mine, newest first.
func (c *Cloud) getMeetings(w http.ResponseWriter, r *http.Request) error {
	a, err := c.account(r)
	if err != nil {
		return err
	}
	now := c.now()
	list, err := c.store.MeetingsOf(r.Context(), a.ID, maxListed, now)
	if err != nil {
		return err
	}
	shown := make([]Meeting, 0, len(list))
	for _, m := range list {
		shown = append(shown, c.show(m, a.ID, c.base(r), now))
	}
	return answer(w, http.StatusOK, "", map[string][]Meeting{"meetings": shown})
}

// postMeeting answers POST /api/meetings: meet now.
func (c *Cloud) postMeeting(w http.ResponseWriter, r *http.Request) error {
	a, err := c.account(r)
	if err != nil {
		return err
	}
	var ask struct {
		Title string `json:"title"`
	}
	if r.ContentLength != 0 {
		if err := readJSON(w, r, &ask); err != nil {
			return err
		}
	}
	if err := c.meetingsByAccount.take(a.ID, c.now()); err != nil {
		return err
	}
	m, err := c.create(r.Context(), a, ask.Title)
	if err != nil {
		return err
	}
	return answer(w, http.StatusCreated, "", c.show(m, a.ID, c.base(r), c.now()))
}

// getMeeting answers GET /api/meetings/{id}: what anybody with the link may know.
func (c *Cloud) getMeeting(w http.ResponseWriter, r *http.Request) error {
	m, err := c.meeting(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	a, signedIn, err := c.viewer(r)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, "", struct {
		ID           string `json:"id"`
		Title        string `json:"title"`
		HostName     string `json:"host_name"`
		State        string `json:"state"`
		Live         bool   `json:"live"`
		Participants int    `json:"participants"`
		YouHost      bool   `json:"you_host"`
	}{m.ID, m.Title, m.OwnerName, c.state(m, c.now()), m.Live, m.Participants, signedIn && m.Owner == a.ID})
}

// postTicket answers POST /api/meetings/{id}/tickets. Anybody with the link may
// come in under any name. The owner's account makes a host, and so does a seat
// that says so; a seat that is not ours or of another meeting counts as none.
func (c *Cloud) postTicket(w http.ResponseWriter, r *http.Request) error {
	if err := c.ticketsByAddress.take(addressKey(r), c.now()); err != nil {
		return err
	}
	var ask struct {
		Name string `json:"name"`
		Seat string `json:"seat"`
	}
	if err := readJSON(w, r, &ask); err != nil {
		return err
	}
	name, err := ticket.CleanName(ask.Name)
	if err != nil {
		return err
	}
	m, err := c.meeting(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	a, signedIn, err := c.viewer(r)
	if err != nil {
		return err
	}
	p := wire.Participant{ID: newParticipantID(), Name: name, Role: wire.RoleParticipant}
	if id, role, ok := c.seats.open(m.ID, ask.Seat); ok {
		p.ID, p.Role = id, role
	}
	if signedIn && m.Owner == a.ID {
		p.Role = wire.RoleHost
	}
	token, t, err := c.admit(r.Context(), m, p, c.connectedZone)
	if err != nil {
		return err
	}
	seat, err := c.seats.seat(m.ID, p)
	if err != nil {
		return err
	}
	type named struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	}
	return answer(w, http.StatusCreated, "", struct {
		Ticket      string           `json:"ticket"`
		Seat        string           `json:"seat"`
		Participant wire.Participant `json:"participant"`
		Meeting     named            `json:"meeting"`
		ZoneURLs    []string         `json:"zone_urls"`
	}{token, seat, p, named{m.ID, m.Title}, c.links.urls(t.Zone)})
}

// postEnd answers POST /api/meetings/{id}/end, again and again if asked.
func (c *Cloud) postEnd(w http.ResponseWriter, r *http.Request) error {
	a, err := c.account(r)
	if err != nil {
		return err
	}
	m, err := c.meeting(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if m.Owner != a.ID {
		return wire.NewProblem(http.StatusForbidden, wire.CodeForbidden, "Only the meeting's host may end it.")
	}
	if err := c.end(r.Context(), m); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
