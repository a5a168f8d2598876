//go:build linux && (amd64 || arm64)

package bench

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"causeway/bench/client"
)

// A scene says who is in which meeting, who publishes, and who is shown whom.
//
//	webinar  one publishes, everybody else is shown it
//	gallery  25 publish, everybody is shown them, three speak
//	talk     three publish and speak, everybody is shown them
//	many     meetings of four, each of whom publishes
//	churn    a webinar whose audience comes and goes (churn.go)
type scene struct {
	name         string
	participants int
	size         int // of each meeting, 0: one meeting for all
	publishers   int // in each meeting, the first of its participants
	speakers     int // of them
	video, audio int // receiving lanes
}

// Scenarios are the names that Route knows.
var Scenarios = []string{"webinar", "gallery", "talk", "many", "churn"}

// A publisher at rate 1, as the peers in shared figures were loaded: 30 pictures
// a second, of five packets with 1,100 bytes each, and 50 packets of sound.
const (
	pictureRate    = 30
	picturePackets = 5
	pictureBytes   = 1100
	soundRate      = 50
	videoPerSecond = pictureRate * picturePackets
	galleryShown   = 25
	speakers       = 3

	mostParticipants = 5000
)

func newScene(name string, n, publishers int) (scene, error) {
	s := scene{name: name, participants: n}
	switch name {
	case "webinar", "churn":
		s.publishers, s.video, s.audio = 1, 1, 1
	case "gallery":
		s.publishers, s.video, s.audio = min(n, galleryShown), galleryShown, speakers
	case "talk":
		s.publishers, s.video, s.audio = min(n, speakers), speakers, speakers
	case "many":
		s.size, s.publishers, s.video, s.audio = 4, 4, 3, 3
	default:
		return s, fmt.Errorf("bench: there is no scenario %q, but %s", name, strings.Join(Scenarios, ", "))
	}
	if publishers > 0 {
		s.publishers = publishers
		s.video = min(max(s.video, publishers), galleryShown)
	}
	s.speakers = min(s.publishers, speakers)
	switch {
	case n < 2 || n > mostParticipants:
		return s, fmt.Errorf("bench: %s takes 2 to %d participants, not %d", name, mostParticipants, n)
	case s.publishers > min(n, 100):
		return s, fmt.Errorf("bench: %d participants cannot have %d publishers", n, s.publishers)
	case s.size > 0 && (n%s.size != 0 || publishers > s.size):
		return s, errors.New("bench: many takes meetings of four: a multiple of four participants, at most four publishers in each")
	}
	return s, nil
}

// meetings is how many there are.
func (s *scene) meetings() int {
	if s.size == 0 {
		return 1
	}
	return s.participants / s.size
}

// seat is the place of participant i in its meeting.
func (s *scene) seat(i int) (meeting, place int) {
	if s.size == 0 {
		return 0, i
	}
	return i / s.size, i % s.size
}

// watchers is how many are shown each publisher, itself left out.
func (s *scene) watchers() int { return s.participants/s.meetings() - 1 }

// verifiers are the participants that look at every packet, all in the first
// meeting: evenly spread from its last backwards, because a router may serve
// those who came first before the others.
func (s *scene) verifiers(n int) (numbers []int) {
	people := s.participants
	if s.size > 0 {
		people = s.size
	}
	n = min(n, people)
	for k := range n {
		numbers = append(numbers, people-1-k*people/n)
	}
	return numbers
}

// shape makes participant i of the scene.
func (s *scene) shape(i int, looks bool, st *stage, c *client.Config) {
	meeting, place := s.seat(i)
	if meeting > 0 {
		c.Meeting = "bench-" + strconv.Itoa(meeting)
	}
	c.Within = st.within()
	c.FrameRate = pictureRate
	if place < s.publishers {
		c.VideoRate, c.Audio = videoPerSecond*pictureBytes*8, true
		level := uint8(100)
		if place < s.speakers {
			level = uint8(20 + 5*place)
		}
		c.Level = func(time.Time) uint8 { return level }
	}
	c.VideoSlots, c.AudioSlots = s.video, s.audio
	if !looks {
		c.Drain = st.drain
	}
}

// packetsPerSecond is what comes in at rate 1.
func (s *scene) packetsPerSecond() float64 {
	return float64(s.publishers * s.meetings() * (videoPerSecond + soundRate))
}

func (s *scene) looks(n int) map[int]bool {
	looks := map[int]bool{}
	for _, i := range s.verifiers(n) {
		looks[i] = true
	}
	return looks
}

func (s *scene) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d participants", s.name, s.participants)
	if s.size > 0 {
		fmt.Fprintf(&b, " in %d meetings of %d", s.meetings(), s.size)
	}
	fmt.Fprintf(&b, ", %d publish", s.publishers*s.meetings())
	return b.String()
}
