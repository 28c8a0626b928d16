package discovery

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// Limits in bytes. A name that fills its limit still leaves room for what follows
// it in a message, which is what to do.
const (
	longestMessage = 256
	longestText    = 72
	longestKey     = 52 // namespace/name
	longestLabel   = 48 // name=value
	longestName    = 40
	longestShort   = 24
)

const ellipsis = "…"

// cut shortens text to at most limit bytes, between characters.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + ellipsis
}

// names are those of Services, sorted.
func names(services []Service) []string {
	var out []string
	for _, s := range services {
		out = append(out, s.Name)
	}
	slices.Sort(out)
	return out
}

// list writes as many words as have room, and how many more there are.
func list(words []string) string {
	out := cut(words[0], longestName)
	for i, word := range words[1:] {
		if len(out)+len(word) > longestText-len(" and 999 more") {
			return fmt.Sprintf("%s and %d more", out, len(words)-i-1)
		}
		out += ", " + word
	}
	return out
}
