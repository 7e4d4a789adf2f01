// Package galera runs nodes of Strongroom on a real cluster of MariaDB Galera,
// three nodes on loopback, and takes one of them away.
package galera

import (
	"bytes"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // to look at the cluster past the store

	"strongroom/internal/store"
)

// full says that this is `make test`, where nothing may be left out.
func full() bool { return os.Getenv("STRONGROOM_FULL_TESTS") != "" }

// member is one database node.
type member struct {
	dir             string
	port, group, st int // for clients, the group and state transfers
	cmd             *exec.Cmd
	done            chan struct{}
	log             bytes.Buffer
}

// ring is the cluster.
type ring struct {
	members []*member
	as      *syscall.Credential
}

func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// newRing starts three nodes; the first makes the cluster and the others join it.
func newRing(t *testing.T) *ring {
	t.Helper()
	if !full() {
		t.Skip("`make test` has Galera")
	}
	root, err := os.MkdirTemp("", "strongroom-galera")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	r := &ring{as: unprivileged(t)}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		m := &member{dir: filepath.Join(root, strconv.Itoa(n)), port: freePort(t), group: freePort(t), st: freePort(t)}
		if err := os.Mkdir(m.dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if r.as != nil {
			if err := os.Chown(m.dir, int(r.as.Uid), int(r.as.Gid)); err != nil {
				t.Fatal(err)
			}
		}
		r.members = append(r.members, m)
	}
	t.Cleanup(func() {
		for n := range r.members {
			r.kill(n)
		}
	})
	r.run(t, "mariadb-install-db", "--no-defaults", "--datadir="+r.members[0].dir+"/data", "--auth-root-authentication-method=normal", "--skip-test-db")
	r.start(t, 0, true)
	db, err := sql.Open("mysql", "root@unix("+r.members[0].dir+"/s.sock)/")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{"CREATE USER 'test'@'127.0.0.1' IDENTIFIED BY 'test'", "GRANT ALL ON *.* TO 'test'@'127.0.0.1' WITH GRANT OPTION"} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	r.start(t, 1, false)
	r.start(t, 2, false)
	return r
}

// unprivileged is whom the servers run as, nil for who runs the test.
func unprivileged(t *testing.T) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("mysql")
	if err != nil {
		t.Fatal(err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (r *ring) run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: r.as}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// start starts a node and waits until it is synced. What an earlier life of it left
// is used; it asks the others for what it missed.
func (r *ring) start(t *testing.T, n int, first bool) {
	t.Helper()
	m := r.members[n]
	var group []string
	for _, o := range r.members {
		group = append(group, "127.0.0.1:"+strconv.Itoa(o.group))
	}
	address := "gcomm://" + strings.Join(group, ",")
	if first {
		address = "gcomm://"
	}
	server, err := exec.LookPath("mariadbd")
	if err != nil {
		server = "/usr/sbin/mariadbd"
	}
	if _, err := os.Stat(m.dir + "/data"); err != nil {
		r.run(t, "mkdir", "-m", "700", m.dir+"/data")
	}
	args := []string{"--no-defaults", "--datadir=" + m.dir + "/data", "--socket=" + m.dir + "/s.sock", "--pid-file=" + m.dir + "/pid",
		"--bind-address=127.0.0.1", "--port=" + strconv.Itoa(m.port), "--skip-name-resolve", "--max-connections=300", "--innodb-buffer-pool-size=64M",
		"--binlog-format=ROW", "--innodb-autoinc-lock-mode=2", "--innodb-flush-log-at-trx-commit=2", "--wsrep-on=ON",
		"--wsrep-provider=/usr/lib/galera/libgalera_smm.so", "--wsrep-cluster-name=strongroom", "--wsrep-cluster-address=" + address,
		"--wsrep-node-address=127.0.0.1", "--wsrep-node-name=node" + strconv.Itoa(n), "--wsrep-sst-method=rsync",
		"--wsrep-sst-receive-address=127.0.0.1:" + strconv.Itoa(m.st),
		"--wsrep-provider-options=gcache.size=32M;base_host=127.0.0.1;base_port=" + strconv.Itoa(m.group) + ";gmcast.listen_addr=tcp://127.0.0.1:" + strconv.Itoa(m.group) + ";ist.recv_addr=127.0.0.1:" + strconv.Itoa(freePort(t))}
	args = append(args, r.recovered(t, server, m, args)...)
	m.cmd = exec.Command(server, args...)
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: r.as, Setpgid: true}
	m.log.Reset()
	m.cmd.Stdout, m.cmd.Stderr = &m.log, &m.log
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	m.done = make(chan struct{})
	go func() { m.cmd.Wait(); close(m.done) }()
	deadline := time.Now().Add(2 * time.Minute)
	for r.state(n) != "Synced" {
		select {
		case <-m.done:
			t.Fatalf("node %d ended:\n%s", n, m.log.String())
		case <-time.After(100 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("node %d is %q", n, r.state(n))
		}
	}
}

// recovered is the position that a killed node came to, as Debian's galera_recovery
// finds it: with it the node asks for what it missed, and not for everything.
func (r *ring) recovered(t *testing.T, server string, m *member, args []string) []string {
	t.Helper()
	if _, err := os.Stat(m.dir + "/data/grastate.dat"); err != nil {
		return nil
	}
	cmd := exec.Command(server, append(args, "--wsrep-recover")...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: r.as}
	out, err := cmd.CombinedOutput()
	_, at, ok := strings.Cut(string(out), "Recovered position: ")
	if err != nil || !ok {
		t.Fatalf("%v\n%s", err, out)
	}
	return []string{"--wsrep-start-position=" + strings.Fields(at)[0]}
}

// kill takes a node away as a power cut does.
func (r *ring) kill(n int) {
	m := r.members[n]
	if m.cmd == nil || m.cmd.Process == nil {
		return
	}
	syscall.Kill(-m.cmd.Process.Pid, syscall.SIGKILL)
	<-m.done
}

func (r *ring) state(n int) string { return r.status(n, "wsrep_local_state_comment") }

func (r *ring) status(n int, name string) (value string) {
	db, err := sql.Open("mysql", "root@unix("+r.members[n].dir+"/s.sock)/")
	if err != nil {
		return ""
	}
	defer db.Close()
	if db.QueryRow("SHOW STATUS LIKE '"+name+"'").Scan(&name, &value) != nil {
		return ""
	}
	return value
}

// hosts lists the nodes, beginning with one.
func (r *ring) hosts(first int) string {
	var hosts []string
	for n := range r.members {
		hosts = append(hosts, fmt.Sprintf("127.0.0.1:%d", r.members[(first+n)%len(r.members)].port))
	}
	return strings.Join(hosts, ",")
}

// database makes an empty one and names it with the nodes from first on.
func (r *ring) database(t *testing.T, name string) func(first int) store.Source {
	t.Helper()
	db, err := sql.Open("mysql", "test:test@tcp("+r.hosts(0)[:strings.Index(r.hosts(0), ",")]+")/")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	return func(first int) store.Source {
		src := r.administrator()
		src.Host, src.Name = r.hosts(first), name
		return src
	}
}

// administrator may do everything, at all nodes.
func (r *ring) administrator() store.Source {
	return store.Source{Kind: "mysql", User: "test", Password: "test", Host: r.hosts(0), Params: url.Values{}}
}
