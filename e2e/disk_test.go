package e2e

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"strongroom/internal/server/servertest"
)

// disk is a small ext4 of a test's own, which it fills and breaks. Where the machine
// gives out no loop devices (containers do not), it is memory, which can
// only be filled.
type disk struct {
	image, dir string
	memory     bool
}

func newDisk(t *testing.T) *disk {
	t.Helper()
	onlyFull(t, "mounts a disk")
	d := &disk{image: filepath.Join(t.TempDir(), "image"), dir: filepath.Join(t.TempDir(), "disk")}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, 32<<20); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(d.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	system(t, "mkfs.ext4", "-q", "-m", "0", d.image)
	if err := exec.Command("losetup", "-f").Run(); err != nil {
		t.Logf("no loop devices: %v", err)
		d.memory = true
		system(t, "mount", "-t", "tmpfs", "-o", "size=32m", "strongroom", d.dir)
	} else {
		d.mount(t)
	}
	t.Cleanup(func() { exec.Command("umount", d.dir).Run() }) // a test that failed may have left it unmounted
	return d
}

func (d *disk) mount(t *testing.T) {
	t.Helper()
	system(t, "mount", "-o", "loop,errors=remount-ro", d.image, d.dir)
}

// mend is what its owner does after an error: it is checked and mounted again.
func (d *disk) mend(t *testing.T) {
	t.Helper()
	system(t, "umount", d.dir)
	if out, err := exec.Command("fsck.ext4", "-p", d.image).CombinedOutput(); err != nil && !strings.Contains(err.Error(), "status 1") { // 1: it found something and mended it
		t.Fatalf("%v\n%s", err, out)
	}
	d.mount(t)
}

// fill takes all room that is left, down to the last block.
func (d *disk) fill(t *testing.T) {
	t.Helper()
	f, err := os.Create(filepath.Join(d.dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := f.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
}

// fail has the kernel find an error on it, after which it takes no writes.
func (d *disk) fail(t *testing.T) {
	t.Helper()
	device := strings.TrimSpace(system(t, "findmnt", "-no", "SOURCE", d.dir))
	if err := os.WriteFile("/sys/fs/ext4/"+filepath.Base(device)+"/trigger_fs_error", []byte("1"), 0o200); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Create(filepath.Join(d.dir, "x")); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Fatalf("the disk still takes files: %v", err)
	}
}

func system(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// onDisk is a server on such a disk with people at both doors, and what it acknowledged.
type onDisk struct {
	*process
	alice  servertest.Client
	bob    *servertest.Person
	acked  map[string]bool
	cipher string
}

// TestDisksThatTakeNothing: while a disk is full, what is on it may not be changed, or
// it has become read-only after an error, all that would write is refused in words of
// both doors, and reads go on. With the disk well again the same server goes on; after
// the error, where the disk has to be mounted again, another one. All that was
// acknowledged is there.
func TestDisksThatTakeNothing(t *testing.T) {
	onlySQLite(t)
	d := newDisk(t)
	data := filepath.Join(d.dir, "data")
	p := serve(t, data, "SIGNUPS=open")
	s := &onDisk{process: p, alice: p.client(t).User("alice"), bob: p.client(t).Join("bob@example.com"), acked: map[string]bool{}}
	s.cipher, _ = s.bob.Add("kept.example")["id"].(string)
	s.goesOn(t)

	d.fill(t)
	s.takesNothing(t)
	if err := os.Remove(filepath.Join(d.dir, "filler")); err != nil {
		t.Fatal(err)
	}
	s.goesOn(t)

	if d.memory {
		p.kill()
	} else {
		system(t, "chattr", "-R", "+i", data)
		s.takesNothing(t)
		system(t, "chattr", "-R", "-i", data)
		s.goesOn(t)

		d.fail(t)
		s.takesNothing(t)
		p.kill()
		d.mend(t)
	}
	s.process = serve(t, data, "SIGNUPS=open")
	s.alice.URL, s.bob.URL = s.URL, s.URL
	s.goesOn(t)
	ids := s.alice.Everything(s.URL)
	for id := range s.acked {
		if !ids[id] {
			t.Errorf("item %s was acknowledged and is gone", id)
		}
	}
	s.kill() // it holds the disk
}

// goesOn: writes go through, soon.
func (s *onDisk) goesOn(t *testing.T) {
	t.Helper()
	waitFor(t, func() bool {
		id, status, err := add(s.URL, s.alice.Token, "room")
		s.acked[id] = status == 201
		return status == 201 && err == nil
	})
	delete(s.acked, "")
	s.attach(200)
}

// attach gives a file to an item, as official clients do, and wants it answered so.
func (s *onDisk) attach(want ...int) {
	content := bytes.Repeat([]byte("x"), 4000)
	a := s.bob.Do("POST", "/api/ciphers/"+s.cipher+"/attachment", "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n"+s.bob.Enc("key")+
		"\r\n--b\r\nContent-Disposition: form-data; name=\"data\"; filename=\""+s.bob.Enc("name")+"\"\r\n\r\n"+string(content)+"\r\n--b--\r\n", "Content-Type", "multipart/form-data; boundary=b")
	a.Want(want...)
}

// takesNothing: what would write is answered with 503, and what reads is answered.
func (s *onDisk) takesNothing(t *testing.T) {
	t.Helper()
	refused := 0
	for n := range 2000 { // there may be room in files that it has
		id, status, err := add(s.URL, s.alice.Token, fmt.Sprint(n))
		if refused = status; status != 201 {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		s.acked[id] = true
	}
	if refused != 503 {
		t.Fatalf("a write was answered with %d:\n%s", refused, s.log)
	}
	if a := s.alice.Do("POST", "/api/v1/passwords", map[string]string{"service": "x", "password": "p"}).Want(503); a.Map()["code"] != "database-unavailable" {
		t.Errorf("said %s", a.Body)
	}
	if a := s.bob.Do("POST", "/api/ciphers", s.bob.Login("x")).Want(503); !bytes.Contains(a.Body, []byte("cannot answer right now")) {
		t.Errorf("said %s", a.Body)
	}
	s.attach(503)
	s.alice.Do("GET", "/api/v1/passwords", nil).Want(503) // a secret that cannot be written down is not shown
	s.alice.As("").Do("POST", "/api/v1/token", url.Values{"username": {"alice"}, "password": {servertest.Password}}).Want(503)
	s.alice.Do("GET", "/api/v1/users/me", nil).Want(200)
	s.alice.Do("GET", "/api/v1/folders", nil).Want(200)
	if items := s.bob.Sync().Ciphers; len(items) != 1 {
		t.Errorf("sync has %d items", len(items))
	}
	s.alice.Do("GET", "/healthz", nil).Want(200)
	select {
	case <-s.done:
		t.Fatalf("it ended:\n%s", s.log)
	default:
	}
}
