package main

import (
	_ "causeway/bench"
	_ "causeway/router"
)
