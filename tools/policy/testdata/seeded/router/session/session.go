package session

import (
	_ "causeway/router/forward"

	_ "github.com/pion/dtls/v3"
	_ "github.com/pion/ice/v4"
)
