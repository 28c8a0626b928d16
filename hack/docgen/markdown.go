package main

import (
	"embed"
	"fmt"
	"strings"
)

// header is the first line of every page that is made.
const header = "<!-- Made by make generate; do not edit. -->"

// prose are the parts of pages that are written by hand.
//
//go:embed parts
var prose embed.FS

// page is a Markdown page that is being written. Blocks are set apart by one empty
// line.
type page struct{ strings.Builder }

func newPage(title string) *page {
	p := &page{}
	fmt.Fprintf(p, "%s\n\n# %s\n", header, title)
	return p
}

func (p *page) block(format string, args ...any) {
	fmt.Fprintf(p, "\n"+format+"\n", args...)
}

// part writes parts/<name>.mdpart as it is.
func (p *page) part(name string) {
	text, err := prose.ReadFile("parts/" + name + ".mdpart")
	if err != nil {
		panic(fmt.Sprintf("a part that is compiled in must be there: %v", err))
	}
	p.block("%s", strings.TrimSpace(string(text)))
}

func (p *page) heading(level int, text string) {
	p.block("%s %s", strings.Repeat("#", level), text)
}

func (p *page) code(language, text string) {
	p.block("```%s\n%s\n```", language, strings.TrimSpace(text))
}

// table writes rows of cells; cells may hold Markdown, but no line break.
func (p *page) table(columns []string, rows [][]string) {
	lines := []string{row(columns), "|" + strings.Repeat("---|", len(columns))}
	for _, cells := range rows {
		lines = append(lines, row(cells))
	}
	p.block("%s", strings.Join(lines, "\n"))
}

// row escapes what would end a cell, also within code: GitHub takes the backslash
// away again.
func row(cells []string) string {
	escaped := make([]string, 0, len(cells))
	for _, cell := range cells {
		escaped = append(escaped, strings.ReplaceAll(oneLine(cell), "|", `\|`))
	}
	return "| " + strings.Join(escaped, " | ") + " |"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func code(text string) string { return "`" + text + "`" }

func codes[S ~string](texts []S) string {
	out := make([]string, 0, len(texts))
	for _, text := range texts {
		out = append(out, code(string(text)))
	}
	return strings.Join(out, ", ")
}
