package topology

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"
)

// listenPause is the time between two looks at whether a server that starts listens yet.
const listenPause = 2 * time.Millisecond

// Kill ends the server of a host with SIGKILL and waits until it is gone. Its host is up: it refuses connections.
func (d *Deployment) Kill(host string) error {
	m, err := d.member(host)
	if err != nil {
		return err
	}
	m.down()
	return m.server.Kill()
}

// Stop has the server of a host shut down in order, and waits until it is gone. Errors: those of process.Server.Stop.
func (d *Deployment) Stop(ctx context.Context, host string) error {
	m, err := d.member(host)
	if err != nil {
		return err
	}
	if err := m.server.Stop(ctx); err != nil {
		return err
	}
	m.down()
	return nil
}

// Hang stops the server of a host with SIGSTOP: connections are made still, and answered no more. A sentinel that hung for two seconds or
// more does not trust its clock afterwards and takes no part in anything for half a minute (its TILT mode).
func (d *Deployment) Hang(host string) error {
	m, err := d.member(host)
	if err != nil {
		return err
	}
	return m.server.Hang()
}

// GoOn ends a Hang. The server believes what it believed before, until somebody tells it otherwise.
func (d *Deployment) GoOn(host string) error {
	m, err := d.member(host)
	if err != nil {
		return err
	}
	return m.server.GoOn()
}

// StartAgain starts a server that is down, with what its persistence has kept, and returns once it has loaded that. Its disk has room
// again. One that was primary when it went down takes itself for primary, and accepts writes, until others tell it otherwise: nodes of a
// cluster at once, sentinels after some ten seconds. Errors: why it does not start, in its own words.
func (d *Deployment) StartAgain(ctx context.Context, host string) error {
	m, err := d.member(host)
	if err != nil {
		return err
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	return d.startOne(ctx, m)
}

// Empty removes the data of a server that is down. A node of a cluster keeps who it is.
func (d *Deployment) Empty(host string) error {
	m, err := d.member(host)
	if err != nil {
		return err
	}
	return m.server.Empty()
}

// Partition parts the network between groups of hosts, clients among them; hosts that are in none of the groups form one more. It
// replaces a partition that there is. See package hosts for what it does, and Limits for what it cannot do here.
func (d *Deployment) Partition(groups ...[]string) error { return d.network.Partition(groups...) }

// Heal ends a partition.
func (d *Deployment) Heal() error { return d.network.Heal() }

// startOne starts a server, and lets others in as soon as it listens: while it loads, it says so itself.
func (d *Deployment) startOne(ctx context.Context, m *member) error {
	started := make(chan error, 1)
	go func() { started <- m.server.Start(ctx) }()
	for listens := false; !listens; {
		select {
		case err := <-started:
			return m.begun(err)
		case <-time.After(listenPause):
			listens = m.listens()
		}
	}
	up := m.up()
	return errors.Join(up, m.begun(<-started))
}

// begun lets others in to a server that was started, wherever it listens by now, and keeps them out where that has failed.
func (m *member) begun(err error) error {
	if err != nil {
		m.over()
		return err
	}
	return m.up()
}

// listens tells whether somebody listens where the server does.
func (m *member) listens() bool {
	c, err := net.DialTimeout("tcp", m.server.Addr(), answerPatience)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// up lets others in, at the ports that the server has now: where one was taken it has moved when it was started first.
func (m *member) up() error {
	m.gate.Lock()
	defer m.gate.Unlock()
	m.fronts[0].Lead(m.server.Addr())
	if len(m.fronts) > 1 {
		m.fronts[1].Lead(net.JoinHostPort(m.IP, strconv.Itoa(m.server.Bus())))
	}
	for _, f := range m.fronts {
		if err := f.Up(); err != nil {
			return err
		}
	}
	return nil
}

// down keeps others out.
func (m *member) down() {
	m.gate.Lock()
	defer m.gate.Unlock()
	m.shut()
}

func (m *member) shut() {
	for _, f := range m.fronts {
		f.Down()
	}
}

// over keeps others out of a server that has ended, unless it runs again.
func (m *member) over() {
	m.gate.Lock()
	defer m.gate.Unlock()
	if !m.server.Running() {
		m.shut()
	}
}

// exited is for a server that ended by itself.
func (d *Deployment) exited(m *member, why error) {
	m.over()
	d.tell(Event{At: time.Now(), Host: m.Name, Kind: EventExit, About: m.Name, Detail: why.Error()})
}
