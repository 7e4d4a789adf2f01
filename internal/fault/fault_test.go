package fault

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

var errTest = New(Stale, "test-stale", "Someone else changed it.")

func TestDecoratingKeepsIdentityAndOriginal(t *testing.T) {
	e := errTest.Because(errors.New("row 7")).At("name", "is empty").At("url", "is long").After(time.Second).Saying("Changed at %d.", 7)
	if !errors.Is(fmt.Errorf("saving: %w", e), errTest) {
		t.Error("a decorated fault is no longer the fault it was made from")
	}
	if len(errTest.Fields) != 0 || errTest.Cause != nil || errTest.RetryAfter != 0 || errTest.Message != "Someone else changed it." {
		t.Errorf("decorating changed the original: %+v", errTest)
	}
	if len(e.Fields) != 2 || e.RetryAfter != time.Second || e.Message != "Changed at 7." {
		t.Errorf("decoration lost: %+v", e)
	}
}

func TestUnclassifiedIsInternal(t *testing.T) {
	f := From(errors.New("dial tcp: secret-host refused"))
	if f.Kind != Internal || f.Message != errInternal.Message {
		t.Errorf("From = %v %q", f.Kind, f.Message)
	}
	if Of(nil, Internal) {
		t.Error("nil has a kind")
	}
}

func TestCodeTwicePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a second definition of one code was accepted")
		}
	}()
	New(Invalid, "test-stale", "again")
}
