package rest

// Patterns are the routes of the API as [http.ServeMux] has them.
func Patterns() []string {
	var patterns []string
	for _, r := range new(api).routes() {
		for _, method := range r.methods {
			patterns = append(patterns, method+" "+r.path)
		}
	}
	return patterns
}
