package forward

import (
	_ "causeway/router/rtp"
	_ "causeway/router/session"
)
