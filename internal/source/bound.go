package source

import (
	"errors"
	"io"
)

const (
	// maxBody bounds the answer to one query, in bytes, after decompression. The
	// series of a RAGMonitor with five stages are some 9 KiB, in eight answers.
	maxBody = 32 << 20
	// maxPart bounds one series or field of it, because a part is held in memory
	// several times while it is decoded.
	maxPart = 1 << 20
)

// boundedReader fails, rather than ends, when there is more than it may read: half
// an answer must not pass for a whole one.
type boundedReader struct {
	from io.Reader
	// left is one more than the bytes that may still be read; part is the same for
	// the present part.
	left, part int64
}

func newBoundedReader(from io.Reader) *boundedReader {
	return &boundedReader{from: from, left: maxBody + 1, part: maxPart + 1}
}

// nextPart begins another part. What was read ahead of it is not counted, which
// is less than a part.
func (b *boundedReader) nextPart() { b.part = maxPart + 1 }

// Read implements io.Reader.
func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.from.Read(p[:min(int64(len(p)), b.left, b.part)])
	b.left -= int64(n)
	b.part -= int64(n)
	switch {
	case b.left <= 0:
		return 0, failf(ReasonSize, "the answer is larger than %d MiB", maxBody>>20)
	case b.part <= 0:
		return 0, failf(ReasonSize, "one series of the answer is larger than %d MiB", maxPart>>20)
	case err != nil && !errors.Is(err, io.EOF):
		return n, failf(ReasonBody, "read the answer: %w", err)
	}
	return n, err
}
