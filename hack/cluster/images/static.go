package images

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"runtime"
)

// architecture of the images is that of the machine: nothing else could run there.
const architecture = runtime.GOARCH

// static refuses what would not start in an image that holds nothing else.
func static(content []byte) error {
	file, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("no binary for Linux: %w", err)
	}
	for _, program := range file.Progs {
		if program.Type == elf.PT_INTERP {
			return errors.New("not a static binary: build it with CGO_ENABLED=0")
		}
	}
	return nil
}
