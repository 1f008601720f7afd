package outbox

// EachLane wants the same of each lane.
func EachLane(oldest, newest int) []Want {
	wants := []Want{{LaneCopy, oldest, newest}}
	for _, lane := range Lanes() {
		wants = append(wants, Want{lane, oldest, newest})
	}
	return wants
}
