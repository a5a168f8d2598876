package cloud

import (
	_ "causeway/bench"
	_ "causeway/tools/check"
)
