//go:build desktop

#include <webkit2/webkit2.h>
#include "home_linux.h"
#include "_cgo_export.h"

// Where the web view goes is decided here, whoever asked: a link, a script, the
// menu of the right button, or something that was dropped on it.

static gboolean decide(WebKitWebView *view, WebKitPolicyDecision *d, WebKitPolicyDecisionType what, gpointer unused) {
	if (what != WEBKIT_POLICY_DECISION_TYPE_NAVIGATION_ACTION && what != WEBKIT_POLICY_DECISION_TYPE_NEW_WINDOW_ACTION)
		return FALSE;
	WebKitNavigationAction *a = webkit_navigation_policy_decision_get_navigation_action(WEBKIT_NAVIGATION_POLICY_DECISION(d));
	const gchar *uri = webkit_uri_request_get_uri(webkit_navigation_action_get_request(a));
	if (what == WEBKIT_POLICY_DECISION_TYPE_NAVIGATION_ACTION && homeIs((char *)uri))
		return FALSE;
	homeLeft((char *)uri);
	webkit_policy_decision_ignore(d);
	return TRUE;
}

static void find(GtkWidget *w, gpointer unused) {
	if (WEBKIT_IS_WEB_VIEW(w))
		g_signal_connect(w, "decide-policy", G_CALLBACK(decide), NULL);
	else if (GTK_IS_CONTAINER(w))
		gtk_container_forall(GTK_CONTAINER(w), find, NULL);
}

static gboolean keep_turn(gpointer unused) {
	GList *all = gtk_window_list_toplevels();
	for (GList *l = all; l; l = l->next)
		find(GTK_WIDGET(l->data), NULL);
	g_list_free(all);
	return G_SOURCE_REMOVE;
}

void home_keep(void) {
	g_idle_add_full(G_PRIORITY_HIGH, keep_turn, NULL, NULL);
}
