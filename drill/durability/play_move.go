package durability

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/aafailover/aafailover/internal/words"
)

// playBackup makes a snapshot in the middle of the writing, copies it, and restores
// the copy into a server that knows nothing of the first one.
func playBackup(ctx context.Context, b *bench) error {
	source, err := b.server(ctx, "source")
	if err != nil {
		return err
	}
	if err := b.write(ctx, source, b.length()/2); err != nil {
		return err
	}
	asked := b.app.now()
	if _, err := source.do(ctx, "BGSAVE"); err != nil {
		return err
	}
	saved := func(fields map[string]string) bool { return fields["rdb_bgsave_in_progress"] == "0" }
	if err := source.await(ctx, "the snapshot is written", "persistence", saved); err != nil {
		return err
	}
	fields, err := source.info(ctx, "persistence")
	if err != nil {
		return err
	}
	if status := fields["rdb_last_bgsave_status"]; status != "ok" {
		return fmt.Errorf("source (%s): the snapshot failed: %s", source.Addr(), status)
	}
	took := b.app.now() - asked
	restored, err := b.prepare("restored", b.config.Binary)
	if err != nil {
		return err
	}
	if err := copyFile(filepath.Join(restored.Dir(), snapshotFile), filepath.Join(source.Dir(), snapshotFile)); err != nil {
		return fmt.Errorf("copy the snapshot: %w", err)
	}
	if err := b.writeOn(ctx, b.length()/2); err != nil {
		return err
	}
	b.measure()
	b.app.stop()
	if err := restored.Start(ctx); err != nil {
		return err
	}
	if err := b.look(ctx, restored); err != nil {
		return err
	}
	b.row.Promise.RPO = max(0, lastAcknowledged(b.app.ledger)-asked)
	b.row.Notes = append(b.row.Notes, fmt.Sprintf("the snapshot took %s", words.Rough(took)))
	return nil
}

// snapshotFile is what a server calls its snapshot unless dbfilename says otherwise.
const snapshotFile = "dump.rdb"

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if failed := out.Close(); err == nil {
			err = failed
		}
	}()
	_, err = io.Copy(out, in)
	return err
}

// playUpgrade replaces a primary by a new server: FAILOVER makes the old one hold
// writes back until the new one has everything, and then change places with it.
func playUpgrade(ctx context.Context, b *bench) error {
	old, fresh, err := b.joined(ctx)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(fresh.Addr())
	if err != nil {
		return err
	}
	if _, err := old.do(ctx, "FAILOVER", "TO", host, port, "TIMEOUT", strconv.FormatInt(patience.Milliseconds(), 10)); err != nil {
		return err
	}
	if err := fresh.await(ctx, "it is the primary", "replication", primaryNow); err != nil {
		return err
	}
	return b.drained(ctx, old, fresh)
}

// learning is how long clients take to learn of a new address where nobody holds
// their writes back meanwhile.
const learning = 500 * time.Millisecond

// playUpgradeByHand promotes the new server first, and tells the application then.
func playUpgradeByHand(ctx context.Context, b *bench) error {
	old, fresh, err := b.joined(ctx)
	if err != nil {
		return err
	}
	if _, err := fresh.do(ctx, "REPLICAOF", "NO", "ONE"); err != nil {
		return err
	}
	if err := b.writeOn(ctx, learning); err != nil {
		return err
	}
	return b.drained(ctx, old, fresh)
}

func primaryNow(fields map[string]string) bool { return fields["role"] == "master" }

// joined starts the old server, writes to it, and adds the new one, which has
// everything that was written up to then.
func (b *bench) joined(ctx context.Context) (old, fresh *node, err error) {
	if old, err = b.server(ctx, "old"); err != nil {
		return nil, nil, err
	}
	if err := b.write(ctx, old, b.length()/3); err != nil {
		return nil, nil, err
	}
	if fresh, err = b.prepare("new", b.config.Upgrade); err != nil {
		return nil, nil, err
	}
	if err := fresh.Start(ctx); err != nil {
		return nil, nil, err
	}
	if err := b.connect(ctx, old, []*node{fresh}, false); err != nil {
		return nil, nil, err
	}
	return old, fresh, b.writeOn(ctx, b.length()/3)
}

// drained makes the application write to the new server, after a while stops the
// old one, and looks what the new one has.
func (b *bench) drained(ctx context.Context, old, fresh *node) error {
	b.app.repoint(fresh.Addr())
	cutOver := b.app.now()
	if err := b.writeOn(ctx, b.length()/3); err != nil {
		return err
	}
	if err := old.Stop(ctx); err != nil {
		return err
	}
	b.measure()
	b.app.stop()
	gap := longestGap(b.app.ledger)
	b.row.Downtime = &gap
	if b.config.Upgrade == b.config.Binary {
		b.row.Notes = append(b.row.Notes, "from "+b.config.Binary.Version+" to the same version")
	} else {
		b.row.Notes = append(b.row.Notes, "from "+b.config.Binary.Version+" to "+b.config.Upgrade.Version)
	}
	return b.lookSince(ctx, fresh, cutOver)
}
