package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"
	promconfig "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/compression"
)

// database is one tsdb.DB and what bounds it.
type database struct {
	*tsdb.DB
	guard *guard
	// creating is held while a series is made.
	creating sync.Mutex
}

// databaseConfig says how to open one.
type databaseConfig struct {
	dir string
	// smallest and largest blocks. The head, which is in memory, is up to one and a
	// half of the smallest.
	smallest, largest time.Duration
	// retention until retain is called. It must not be short: what is too old goes
	// within a minute, and which rules there are may take longer to be known.
	retention  time.Duration
	bytes      int64
	bytesLimit Limit
	// logged databases survive a restart whole. Without a log, what is in memory is
	// lost, but what filled the memory cannot do so again at the next start.
	logged bool
	guard  *guard
	logger *slog.Logger
}

// openDatabase opens a database. One that cannot be opened is removed, and another
// is made: samples can be had again, and an operator that does not start cannot.
func openDatabase(c databaseConfig) (*database, error) {
	var db *tsdb.DB
	err := c.prepare()
	if err == nil {
		db, err = c.open()
	}
	if err != nil {
		c.logger.Error("Samples cannot be read, and are removed", "dir", c.dir, "err", err)
		if err := os.RemoveAll(c.dir); err != nil {
			return nil, fmt.Errorf("remove unreadable samples: %w", err)
		}
		if db, err = c.open(); err != nil {
			return nil, fmt.Errorf("open a new database: %w", err)
		}
	}
	if err := os.Remove(c.opening()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("note that %s was opened: %w", c.dir, err)
	}
	c.guard.refuses.Store(true)
	return &database{DB: db, guard: c.guard}, nil
}

// opening is a file that exists while the database is being opened.
func (c databaseConfig) opening() string { return c.dir + ".opening" }

// prepare removes what must not be read: parts of a database without a log, and the
// log over which the process ended when it last read it, probably of too little
// memory.
func (c databaseConfig) prepare() error {
	_, err := os.Stat(c.opening())
	died := err == nil
	if died && c.logged {
		c.logger.Error("The log of samples was not read to its end last time, and is removed", "dir", c.dir)
	}
	if died || !c.logged {
		for _, part := range []string{"wal", "chunks_head"} {
			if err := os.RemoveAll(filepath.Join(c.dir, part)); err != nil {
				return fmt.Errorf("remove old samples: %w", err)
			}
		}
	}
	if err := os.WriteFile(c.opening(), nil, 0o600); err != nil {
		return fmt.Errorf("note that %s is being opened: %w", c.dir, err)
	}
	return nil
}

func (c databaseConfig) open() (*tsdb.DB, error) {
	var opened atomic.Pointer[tsdb.DB]
	options := tsdb.DefaultOptions()
	options.MinBlockDuration = c.smallest.Milliseconds()
	options.MaxBlockDuration = c.largest.Milliseconds()
	options.RetentionDuration = c.retention.Milliseconds()
	options.MaxBytes = c.bytes
	options.WALSegmentSize = -1
	if c.logged {
		options.WALSegmentSize = 16 << 20
		options.WALCompression = compression.Snappy
	}
	// The directory is that of one process, and a lock that is left must not keep
	// the next one from starting.
	options.NoLockfile = true
	// The defaults are for millions of series.
	options.StripeSize = 512
	options.HeadChunksWriteBufferSize = 256 << 10
	options.SeriesLifecycleCallback = c.guard
	options.BlocksToDelete = func(blocks []*tsdb.Block) map[ulid.ULID]struct{} {
		db := opened.Load()
		if db == nil {
			// What is too old goes a minute later, when retention is known.
			return nil
		}
		out := tsdb.DefaultBlocksToDelete(db)(blocks)
		if len(tsdb.BeyondSizeRetention(db, blocks)) > 0 {
			c.guard.reached(c.bytesLimit)
		}
		return out
	}
	db, err := tsdb.Open(c.dir, c.logger, nil, options, nil)
	if err == nil {
		opened.Store(db)
	}
	return db, err
}

// retain sets how long samples are kept. Blocks are dropped within minutes.
func (d *database) retain(keep time.Duration) error {
	return d.ApplyConfig(&config.Config{StorageConfig: config.StorageConfig{TSDBConfig: &config.TSDBConfig{
		// The database takes the number for milliseconds, as it does its options.
		Retention: &config.TSDBRetentionConfig{Time: promconfig.Duration(keep.Milliseconds())},
	}}})
}

// bytes are those on disk.
func (d *database) bytes() int64 {
	total := d.Head().Size()
	for _, b := range d.Blocks() {
		total += b.Size()
	}
	return total
}
