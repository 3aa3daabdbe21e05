package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// pingPong publishes on one connection what it receives on another: nothing but sockets, with bytes that are made before the
// clock runs and compared after it has stopped.
type pingPong struct {
	channel          string
	publish, receive net.Conn
	answers          chan error // of the publishing connection: ":1"
	buffer           [1024]byte
}

// tripLimit is after how long a message counts as lost, and fails the experiment.
const tripLimit = 10 * time.Second

func newPingPong(ctx context.Context, address, channel string) (*pingPong, error) {
	p := &pingPong{channel: channel, answers: make(chan error, 1)}
	var dialer net.Dialer
	var err error
	if p.publish, err = dialer.DialContext(ctx, "tcp", address); err != nil {
		return nil, err
	}
	if p.receive, err = dialer.DialContext(ctx, "tcp", address); err != nil {
		_ = p.publish.Close()
		return nil, err
	}
	confirmed := fmt.Sprintf("*3\r\n$9\r\nsubscribe\r\n$%d\r\n%s\r\n:1\r\n", len(channel), channel)
	_, err = fmt.Fprintf(p.receive, "*2\r\n$9\r\nSUBSCRIBE\r\n$%d\r\n%s\r\n", len(channel), channel)
	if err == nil {
		err = p.expect(p.receive, confirmed)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// trip publishes one message, as long as one of the program, and returns how long it took to come back. The answer to PUBLISH is
// read by another goroutine meanwhile, as the program does.
func (p *pingPong) trip(number int) (time.Duration, error) {
	payload := fmt.Sprintf("aaf1 bare-one %d %016x", number, number)
	command := fmt.Appendf(nil, "*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(p.channel), p.channel, len(payload), payload)
	message := fmt.Sprintf("*3\r\n$7\r\nmessage\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(p.channel), p.channel, len(payload), payload)
	limit := time.Now().Add(tripLimit)
	if err := errors.Join(p.publish.SetDeadline(limit), p.receive.SetDeadline(limit)); err != nil {
		return 0, err
	}
	go func() {
		var answer [16]byte
		n, err := p.publish.Read(answer[:])
		if err == nil && string(answer[:n]) != ":1\r\n" {
			err = fmt.Errorf("PUBLISH: %q", answer[:n])
		}
		p.answers <- err
	}()
	begun := time.Now()
	_, err := p.publish.Write(command)
	if err == nil {
		err = p.expect(p.receive, message)
	}
	took := time.Since(begun)
	if err != nil {
		p.close() // ends the other goroutine
	}
	return took, errors.Join(err, <-p.answers)
}

// expect reads exactly these bytes.
func (p *pingPong) expect(c net.Conn, want string) error {
	read := 0
	for read < len(want) {
		n, err := c.Read(p.buffer[read:len(want)])
		if err != nil {
			return err
		}
		read += n
	}
	if !bytes.Equal(p.buffer[:read], []byte(want)) {
		return fmt.Errorf("received %q, want %q", p.buffer[:read], want)
	}
	return nil
}

func (p *pingPong) close() {
	_ = p.publish.Close()
	_ = p.receive.Close()
}
