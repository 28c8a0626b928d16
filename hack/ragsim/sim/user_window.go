package sim

// userWindow remembers who made the last 100 requests.
type userWindow struct {
	users [100]int
	seen  int
}

// add remembers one request and returns how many different users the window has.
func (w *userWindow) add(user int) int {
	w.users[w.seen%len(w.users)] = user
	w.seen++
	different := map[int]bool{}
	for _, u := range w.users[:min(w.seen, len(w.users))] {
		different[u] = true
	}
	return len(different)
}
