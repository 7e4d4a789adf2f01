package throttle

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"strongroom/internal/vault"
)

// Redis keeps the counts of all nodes in Redis or Valkey. While that does not
// answer, every call is an error at once, and the database counts.
type Redis struct {
	pool *redis.Pool
	log  *slog.Logger
	down atomic.Int64 // until when it is not asked, in Unix nanoseconds
}

// What one call may take, and how long a Redis that failed is left alone.
const (
	redisWait = 300 * time.Millisecond
	redisRest = 5 * time.Second
)

// maxConnections is as many as are open at once; who finds none waits.
const maxConnections = 64

// NewRedis reads an address such as redis://:password@host:6379/0 or rediss://. It
// does not connect yet.
func NewRedis(address string, log *slog.Logger) (*Redis, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Host == "" || strings.Trim(u.Path, "/0123456789") != "" {
		return nil, fmt.Errorf("REDIS_URL is not an address such as redis://:password@host:6379/0") // the cause would quote the password
	}
	pool := &redis.Pool{
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialURLContext(ctx, address, redis.DialConnectTimeout(redisWait), redis.DialReadTimeout(redisWait), redis.DialWriteTimeout(redisWait))
		},
		TestOnBorrowContext: func(ctx context.Context, c redis.Conn, used time.Time) error {
			if time.Since(used) < time.Second {
				return nil
			}
			_, err := redis.DoContext(c, ctx, "PING")
			return err
		},
		MaxIdle: maxConnections / 4, MaxActive: maxConnections, Wait: true, IdleTimeout: 5 * time.Minute,
	}
	return &Redis{pool: pool, log: log}, nil
}

// Close ends all connections.
func (r *Redis) Close() error { return r.pool.Close() }

// takeScript does in one step what Store.Take does in one transaction: per bucket a
// hash of f (full at), w (wait) and n (next at), in microseconds. The last argument of
// it and of lookScript is how far ahead a try can have been.
var takeScript = redis.NewScript(-1, `
local now, slack, worst, which = tonumber(ARGV[1]), tonumber(ARGV[#ARGV]), 0, 0
for i, k in ipairs(KEYS) do
  local n, w = tonumber(redis.call('HGET', k, 'n') or '0'), tonumber(redis.call('HGET', k, 'w') or '0')
  if n - w > now + slack then
    redis.call('HINCRBY', k, 'f', string.format('%.0f', now - (n - w)))
    redis.call('HSET', k, 'n', string.format('%.0f', now))
  elseif w > 0 and n > now and n > worst then worst, which = n, i end
end
if which > 0 then return {which, string.format('%.0f', worst)} end
for i, k in ipairs(KEYS) do
  local room, every, first, most = tonumber(ARGV[4*i-2]), tonumber(ARGV[4*i-1]), tonumber(ARGV[4*i]), tonumber(ARGV[4*i+1])
  local full, wait = tonumber(redis.call('HGET', k, 'f') or '0'), tonumber(redis.call('HGET', k, 'w') or '0')
  local next = now
  if full <= now + room then wait = 0
  else
    if wait == 0 then wait = first elseif wait * 2 > most then wait = most else wait = wait * 2 end
    next = now + wait
  end
  if full < now then full = now end
  full = full + every
  redis.call('HSET', k, 'f', string.format('%.0f', full), 'w', string.format('%.0f', wait), 'n', string.format('%.0f', next))
  redis.call('PEXPIRE', k, string.format('%.0f', math.max(full - now, wait) / 1000 + 60000))
end
return {0, '0'}`)

var lookScript = redis.NewScript(-1, `
local now, slack, worst, which = tonumber(ARGV[1]), tonumber(ARGV[#ARGV]), 0, 0
for i, k in ipairs(KEYS) do
  local n, w = tonumber(redis.call('HGET', k, 'n') or '0'), tonumber(redis.call('HGET', k, 'w') or '0')
  if w > 0 and n - w <= now + slack and n > now and n > worst then worst, which = n, i end
end
return {which, string.format('%.0f', worst)}`)

var giveBackScript = redis.NewScript(-1, `
for i, k in ipairs(KEYS) do
  if redis.call('EXISTS', k) == 1 then redis.call('HINCRBY', k, 'f', -tonumber(ARGV[i])) end
end
return 0`)

// keysAndArgs are the number of keys, the keys and the arguments. Keys have one hash tag, so that a cluster keeps them together.
func keysAndArgs(ids []string, args []any) []any {
	all := []any{len(ids)}
	for _, id := range ids {
		all = append(all, "{strongroom.throttle}:"+id)
	}
	return append(all, args...)
}

func (r *Redis) take(ctx context.Context, now time.Time, ids []string, rates []vault.Rate) (full string, next time.Time, err error) {
	args := []any{now.UnixMicro()}
	for _, rate := range rates {
		args = append(args, int64(rate.Free-1)*rate.Every.Microseconds(), rate.Every.Microseconds(), rate.Wait.Microseconds(), rate.MaxWait.Microseconds())
	}
	return r.fullest(ctx, takeScript, ids, append(args, vault.ClockSlack.Microseconds()))
}

func (r *Redis) look(ctx context.Context, now time.Time, ids []string) (full string, next time.Time, err error) {
	return r.fullest(ctx, lookScript, ids, []any{now.UnixMicro(), vault.ClockSlack.Microseconds()})
}

func (r *Redis) fullest(ctx context.Context, s *redis.Script, ids []string, args []any) (full string, next time.Time, err error) {
	got, err := r.run(ctx, s, ids, args)
	if err != nil {
		return "", next, err
	}
	pair, ok := got.([]any)
	if !ok || len(pair) != 2 {
		return "", next, fmt.Errorf("redis answered %v", got)
	}
	which, _ := pair[0].(int64)
	text, _ := pair[1].([]byte)
	at, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || which < 1 || int(which) > len(ids) {
		return "", next, err
	}
	return ids[which-1], time.UnixMicro(at), nil
}

func (r *Redis) giveBack(ctx context.Context, ids []string, rates []vault.Rate) error {
	args := make([]any, len(rates))
	for n, rate := range rates {
		args[n] = rate.Every.Microseconds()
	}
	_, err := r.run(ctx, giveBackScript, ids, args)
	return err
}

var errResting = fmt.Errorf("redis did not answer a moment ago")

// run asks Redis, unless it failed a moment ago. A request that ended is no failure.
func (r *Redis) run(ctx context.Context, s *redis.Script, ids []string, args []any) (any, error) {
	if time.Now().UnixNano() < r.down.Load() {
		return nil, errResting
	}
	got, err := r.call(ctx, s, ids, args)
	if err != nil && ctx.Err() == nil {
		r.down.Store(time.Now().Add(redisRest).UnixNano())
		r.log.WarnContext(ctx, "Redis does not answer; the database counts guesses meanwhile", "err", err)
	}
	return got, err
}

func (r *Redis) call(ctx context.Context, s *redis.Script, ids []string, args []any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	c, err := r.pool.GetContext(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close() //nolint:errcheck // it goes back to the pool
	return s.DoContext(ctx, c, keysAndArgs(ids, args)...)
}
