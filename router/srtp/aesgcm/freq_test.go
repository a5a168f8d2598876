package aesgcm
import ("testing";"time";"fmt";"os")
var sink uint64
func TestFreq(t *testing.T){ if os.Getenv("AB")=="" {t.Skip()}
 best:=1e18
 for range 200 { t0:=time.Now(); x:=uint64(t0.Unix()); for range 100000 { x ^= x<<7; } ; sink=x; d:=float64(time.Since(t0)); if d<best {best=d}}
 fmt.Printf("GHz %.2f\n", 200000/best)
}
