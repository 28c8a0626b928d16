package desired

import (
	"bytes"
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed messages.yaml
var messagesYAML []byte

// messages are the texts of messages, as templates of Alertmanager.
var messages = readMessages(messagesYAML)

// messageTexts are what messages.yaml holds.
type messageTexts struct {
	// Shared are templates that the others use, by name.
	Shared map[string]string `yaml:"shared"`
	Slack  struct {
		Title     string `yaml:"title"`
		TitleLink string `yaml:"titleLink"`
		Color     string `yaml:"color"`
		Text      string `yaml:"text"`
	} `yaml:"slack"`
	Email struct {
		Subject string `yaml:"subject"`
		Text    string `yaml:"text"`
		HTML    string `yaml:"html"`
	} `yaml:"email"`
	PagerDuty struct {
		Description string  `yaml:"description"`
		Severity    string  `yaml:"severity"`
		Source      string  `yaml:"source"`
		ClientURL   string  `yaml:"clientURL"`
		Class       string  `yaml:"class"`
		Component   string  `yaml:"component"`
		Group       string  `yaml:"group"`
		Details     []entry `yaml:"details"`
		Links       []link  `yaml:"links"`
	} `yaml:"pagerDuty"`
	Teams struct {
		Title string `yaml:"title"`
		Text  string `yaml:"text"`
	} `yaml:"teams"`
	Opsgenie struct {
		Message     string  `yaml:"message"`
		Description string  `yaml:"description"`
		Priority    string  `yaml:"priority"`
		Source      string  `yaml:"source"`
		Entity      string  `yaml:"entity"`
		Tags        string  `yaml:"tags"`
		Details     []entry `yaml:"details"`
	} `yaml:"opsgenie"`
}

type entry struct {
	Key   string `yaml:"key"`
	Value string `yaml:"value"`
}

type link struct {
	Text string `yaml:"text"`
	Href string `yaml:"href"`
}

// readMessages panics where the file that is compiled in is broken.
func readMessages(data []byte) messageTexts {
	var out messageTexts
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&out); err != nil {
		panic(fmt.Sprintf("messages.yaml: %v", err))
	}
	return out
}

// uses finds the shared templates that a text uses.
var uses = regexp.MustCompile(`{{ template "ragmonitor\.(\w+)"`)

// whole is a text with the shared templates that it uses, and those that they use.
// Alertmanager parses every text by itself.
func (m messageTexts) whole(text string) string {
	needed := map[string]bool{}
	m.need(text, needed)
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		fmt.Fprintf(&out, `{{ define "ragmonitor.%s" }}%s{{ end }}`, name, m.Shared[name])
	}
	return out.String() + text
}

func (m messageTexts) need(text string, needed map[string]bool) {
	for _, found := range uses.FindAllStringSubmatch(text, -1) {
		if name := found[1]; !needed[name] {
			needed[name] = true
			m.need(m.Shared[name], needed)
		}
	}
}
