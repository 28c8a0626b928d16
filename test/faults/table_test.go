package faults_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// matrix has the rows of each setup.
type matrix map[string][]row

const head = `# Which stage is named

Every stage of every service below was made slow or failing after half an hour of health, alone and by twos, each
with %d seeds. "right" names a stage that is broken, "roughly" the stage that a broken part belongs to. Undecided names
nobody, because

%s
Nobody was named while a service was healthy, or idle.
`

// render is the matrix as a page, without figures that move.
func (m matrix) render() string {
	var b strings.Builder
	notes := ""
	for i, reason := range excuseTexts {
		notes += fmt.Sprintf("* %c: %s\n", 'a'+i, reason)
	}
	fmt.Fprintf(&b, head, len(seeds), notes)
	b.WriteString("\n## One fault\n\n| service | stage | slow ×3 | slow ×10 | failing 10 % |\n|---|---|---|---|---|\n")
	for _, name := range m.names() {
		for _, rows := range m.byStage(name) {
			fmt.Fprintf(&b, "| %s | %s |", name, rows[0].troubles[0].path)
			for _, r := range rows {
				fmt.Fprintf(&b, " %s |", r.cell())
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\n## Two faults\n\nSlow ×10 with slow ×10, and with failing 10 %, of each two stages.\n\n" +
		"| service | cases | right | roughly | undecided | wrong |\n|---|---|---|---|---|---|\n")
	for _, name := range m.names() {
		if count := m.count(name, 2); count.cases > 0 {
			fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d |\n", name, count.cases, count.by[right], count.by[roughly], count.by[undecided], count.by[wrong])
		}
	}
	return b.String()
}

func (m matrix) names() []string { return slices.Sorted(maps.Keys(m)) }

// byStage are the rows of single faults.
func (m matrix) byStage(name string) [][]row {
	var singles []row
	for _, r := range m[name] {
		if len(r.troubles) == 1 {
			singles = append(singles, r)
		}
	}
	return slices.Collect(slices.Chunk(singles, len(kinds)))
}

// cell is what was answered, with the number of seeds where they differ.
func (r row) cell() string {
	count := map[string]int{}
	for _, a := range r.answers {
		count[a.short()]++
	}
	if len(count) == 1 {
		return r.answers[0].short()
	}
	var out []string
	for _, text := range slices.Sorted(maps.Keys(count)) {
		out = append(out, fmt.Sprintf("%s (%d)", text, count[text]))
	}
	return strings.Join(out, ", ")
}

func (a answer) short() string {
	switch a.verdict {
	case undecided:
		return fmt.Sprintf("undecided, %c", 'a'+slices.Index(excuseTexts, a.reason))
	case roughly, wrong:
		return fmt.Sprintf("%s: %s", a.verdict, a.reason)
	case right:
	}
	return string(a.verdict)
}

type counts struct {
	cases, both int
	by          map[answerKind]int
}

// count counts the answers of a setup, or of all where name is "".
func (m matrix) count(name string, troubles int) counts {
	out := counts{by: map[answerKind]int{}}
	for setup, rows := range m {
		for _, r := range rows {
			if name != "" && setup != name || len(r.troubles) != troubles {
				continue
			}
			for _, a := range r.answers {
				out.cases++
				out.by[a.verdict]++
				if a.both {
					out.both++
				}
			}
		}
	}
	return out
}

// details are a line for each answer but the right ones, and the totals.
func (m matrix) details() string {
	var b strings.Builder
	for _, name := range m.names() {
		for _, r := range m[name] {
			for i, a := range r.answers {
				if a.verdict != right {
					fmt.Fprintf(&b, "%s | %v | seed %d | %s: %s | %s\n", name, r.troubles, seeds[i], a.verdict, a.reason, a.detail)
				}
			}
		}
	}
	one, two := m.count("", 1), m.count("", 2)
	fmt.Fprintf(&b, "one fault: %v of %d\ntwo faults: %v of %d, in %d of them both are shown\n", one.by, one.cases, two.by, two.cases, two.both)
	return b.String()
}
