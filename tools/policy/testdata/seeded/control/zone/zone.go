package zone

import (
	_ "os/exec"

	_ "causeway/router/api"
	_ "causeway/router/shard"
)
