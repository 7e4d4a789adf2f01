package server

import "strongroom/internal/throttle"

// guard gives one limiter to every service that tells right from wrong. It counts in
// Redis, if there is one, else in the database.
func (n *Node) guard(o Options) (err error) {
	l := &throttle.Limiter{Store: n.Store, Limits: o.Guesses, Now: o.Now, Log: o.Log}
	if o.RedisURL != "" {
		if l.Redis, err = throttle.NewRedis(o.RedisURL, o.Log); err != nil {
			return err
		}
	}
	n.limiter, n.Accounts.Limiter, n.SignIn.Limiter, n.Factors.Limiter, n.Sends.Limiter = l, l, l, l, l
	return nil
}
