package region

import (
	"context"
	"fmt"
	"io"

	"github.com/aafailover/aafailover/internal/resp"
)

// allowance reads what the other side may send for one answer. The lengths in an answer
// bound its parts; this bounds all of it, however many parts there are.
type allowance struct {
	from       io.Reader
	most, left int
}

// allow lets so many bytes through from now on.
func (a *allowance) allow(most int) { a.most, a.left = most, most }

// Read returns a *resp.ProtocolError where there is more.
func (a *allowance) Read(b []byte) (int, error) {
	if a.left == 0 {
		return 0, &resp.ProtocolError{Detail: fmt.Sprintf("more than %d bytes for one answer", a.most)}
	}
	n, err := a.from.Read(b[:min(len(b), a.left)])
	a.left -= n
	return n, err
}

// openBounded is open for who does not trust what answers: nothing can be read before the
// allowance allows it.
func (d *door) openBounded(ctx context.Context, address string, l *list, buffer int) (*conn, *allowance, error) {
	c, err := d.open(ctx, address, l, buffer)
	if err != nil {
		return nil, nil, err
	}
	a := &allowance{from: c.Conn}
	sized := limits
	sized.Buffer = buffer
	c.replies = resp.NewReaderLimits(a, sized)
	return c, a, nil
}
