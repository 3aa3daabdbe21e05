package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
)

// KeyTableText writes what [KeysText] writes of the keys of all slots, in a hundredth of the time: the layout of a table measures each
// of its cells several times, and this one has 16,384 rows, whose widths are known. The keys are in the order of their slots, and
// none has a part that alone is hashed.
func KeyTableText(w io.Writer, keys []KeySlot) error {
	wide := len("slot")
	if len(keys) > 0 {
		wide = max(wide, len(strconv.Itoa(keys[len(keys)-1].Slot)))
	}
	out := bufio.NewWriterSize(w, 1<<16)
	_, _ = fmt.Fprintf(out, " %*s  key\n", wide, "slot") // an error stays until Flush
	var line []byte
	for _, k := range keys {
		slot := strconv.AppendInt(line[:0], int64(k.Slot), 10)
		for range 1 + wide - len(slot) {
			_ = out.WriteByte(' ')
		}
		line = append(append(append(slot, "  "...), k.Key...), '\n')
		_, _ = out.Write(line)
	}
	return out.Flush()
}
