package main

import _ "github.com/pion/webrtc/v4"
