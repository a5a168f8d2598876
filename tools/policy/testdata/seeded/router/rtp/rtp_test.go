package rtp

import (
	"os"
	"time"

	_ "github.com/pion/webrtc/v4"
)

var (
	_ = os.Args
	_ = time.Now()
)
