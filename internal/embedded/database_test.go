package embedded

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

func TestBrokenSamplesAreReplaced(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"a log that is not one": func(t *testing.T, dir string) {
			t.Helper()
			overwrite(t, filepath.Join(dir, "recorded/wal/00000000"))
		},
		"a block that is not one": func(t *testing.T, dir string) {
			t.Helper()
			block := filepath.Join(dir, "recorded/01ARZ3NDEKTSV4RRFFQ69G5FAV")
			if err := os.MkdirAll(block, 0o700); err != nil {
				t.Fatal(err)
			}
			overwrite(t, filepath.Join(block, "index"))
			meta := `{"ulid": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "minTime": 1, "maxTime": 2, "version": 1}`
			if err := os.WriteFile(filepath.Join(block, "meta.json"), []byte(meta), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"a directory that is a file": func(t *testing.T, dir string) {
			t.Helper()
			if err := os.RemoveAll(filepath.Join(dir, "scraped")); err != nil {
				t.Fatal(err)
			}
			overwrite(t, filepath.Join(dir, "scraped"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			e := start(t, Config{Dir: dir})
			m := monitor(bot, sumRule, expose(t, "asked_total 3\n").Target)
			e.Update([]Monitor{m})
			e.answers(t, "ragmonitor:asked:count", is(1))
			e.stop()
			spoil(t, dir)
			e = start(t, Config{Dir: dir, Logger: testLogger(t)})
			e.Update([]Monitor{m})
			e.answers(t, "time() - timestamp(ragmonitor:asked:count) < 1", func(*promconfig.Sample) bool { return true })
		})
	}
}

func TestALogOverWhichTheProcessEndedIsNotReadAgain(t *testing.T) {
	dir := t.TempDir()
	e := start(t, Config{Dir: dir})
	e.Update([]Monitor{monitor(bot, sumRule, expose(t, "asked_total 3\n").Target)})
	e.answers(t, "ragmonitor:asked:count", is(1))
	e.stop()
	overwrite(t, filepath.Join(dir, "recorded.opening"))
	e = start(t, Config{Dir: dir})
	e.vanishes(t, "ragmonitor:asked:count")
	e.stop()
	if _, err := os.Stat(filepath.Join(dir, "recorded.opening")); err == nil {
		t.Error("the next start would remove the log, too")
	}
}

func overwrite(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(strings.Repeat("no sample ", 10_000)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSamplesAreDroppedThatNoRuleReads(t *testing.T) {
	d := filled(t, 1<<30, nil)
	if got := len(d.Blocks()); got < 8 {
		t.Fatalf("there are %d blocks, must be more", got)
	}
	if err := d.retain(2 * time.Minute); err != nil {
		t.Fatal(err)
	}
	fill(t, d, 10*time.Minute, 13*time.Minute)
	if got := len(d.Blocks()); got < 2 || got > 4 {
		t.Errorf("there are %d blocks of a minute, must be those of two minutes", got)
	}
}

func TestSamplesAreKeptUntilItIsSureThatNoRuleReadsThem(t *testing.T) {
	k := keeping{database: filled(t, 1<<30, nil), most: time.Hour}
	start := time.Unix(1_000_000, 0)
	for _, step := range []struct {
		after, wanted, want time.Duration
	}{
		{0, 0, 70 * time.Minute},
		{30 * time.Minute, time.Minute, 70 * time.Minute},
		{40 * time.Minute, 70 * time.Minute, 70 * time.Minute},
		{60 * time.Minute, time.Minute, 70 * time.Minute},
		{119 * time.Minute, time.Minute, 70 * time.Minute},
		{120 * time.Minute, time.Minute, time.Minute},
		{121 * time.Minute, 5 * time.Minute, 5 * time.Minute},
	} {
		if err := k.set(step.wanted, start.Add(step.after)); err != nil {
			t.Fatal(err)
		}
		if k.now != step.want {
			t.Errorf("after %s, with %s wanted, samples are kept for %s, must be %s", step.after, step.wanted, k.now, step.want)
		}
	}
	fill(t, k.database, 10*time.Minute, 13*time.Minute)
	if got := len(k.database.Blocks()); got < 4 || got > 7 {
		t.Errorf("there are %d blocks of a minute, must be those of five minutes", got)
	}
}

func TestSamplesAreDroppedThatDoNotFit(t *testing.T) {
	m := newMetrics()
	d := filled(t, 1, m)
	if got := len(d.Blocks()); got > 0 {
		t.Errorf("there are %d blocks, must be none", got)
	}
	if testutil.ToFloat64(m.limitsReached.WithLabelValues(string(LimitScrapedBytes))) == 0 {
		t.Error("the limit is not counted")
	}
}

// filled is a database with ten minutes of samples, in blocks of one.
func filled(t *testing.T, bytes int64, m *metrics) *database {
	t.Helper()
	if m == nil {
		m = newMetrics()
	}
	all := LimitError{LimitSeries, 10}
	d, err := openDatabase(databaseConfig{
		dir: filepath.Join(t.TempDir(), "db"), smallest: time.Minute, largest: time.Minute,
		retention: time.Hour, bytes: bytes, bytesLimit: LimitScrapedBytes, logger: slog.New(slog.DiscardHandler),
		guard: newGuard(all, all, func(string) bool { return false }, m.reached),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	fill(t, d, 0, 10*time.Minute)
	return d
}

func fill(t *testing.T, d *database, from, to time.Duration) {
	t.Helper()
	for at := from; at < to; at += 10 * time.Second {
		a := d.Appender(t.Context())
		if _, err := a.Append(0, labels.FromStrings(labelName, "a"), at.Milliseconds(), 1); err != nil {
			t.Fatal(err)
		}
		if err := a.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
}
