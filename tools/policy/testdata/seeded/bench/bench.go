package bench

import (
	_ "causeway/bench/client"

	_ "github.com/pion/webrtc/v4"
)
