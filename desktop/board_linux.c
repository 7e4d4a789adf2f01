//go:build desktop

#include <gtk/gtk.h>
#include "board_linux.h"
#include "_cgo_export.h"

// GTK is asked in its own thread: each call from Go becomes a turn of its loop.

struct copy {
	uintptr_t id;
	char *text;
	int n;
};

static void read_done(GtkClipboard *board, const gchar *text, gpointer id) {
	boardAnswer((uintptr_t)id, (char *)text);
}

static gboolean read_turn(gpointer id) {
	gtk_clipboard_request_text(gtk_clipboard_get(GDK_SELECTION_CLIPBOARD), read_done, id);
	return G_SOURCE_REMOVE;
}

void board_read(uintptr_t id) {
	g_idle_add_full(G_PRIORITY_DEFAULT, read_turn, (gpointer)id, NULL);
}

#define HINT "x-kde-passwordManagerHint"

static void give(GtkClipboard *board, GtkSelectionData *to, guint hint, gpointer data) {
	struct copy *c = data;
	if (hint)
		gtk_selection_data_set(to, gdk_atom_intern_static_string(HINT), 8, (const guchar *)"secret", 6);
	else
		gtk_selection_data_set_text(to, c->text, c->n);
}

static void forget(GtkClipboard *board, gpointer data) {
	struct copy *c = data;
	boardFree(c->text, c->n);
	g_free(c);
}

static gboolean write_turn(gpointer data) {
	struct copy *c = data;
	uintptr_t id = c->id;
	GtkTargetList *list = gtk_target_list_new(NULL, 0);
	gtk_target_list_add_text_targets(list, 0);
	if (c->n > 0) // what managers that know the hint do not keep
		gtk_target_list_add(list, gdk_atom_intern_static_string(HINT), 0, 1);
	int n;
	GtkTargetEntry *targets = gtk_target_table_new_from_list(list, &n);
	if (gtk_clipboard_set_with_data(gtk_clipboard_get(GDK_SELECTION_CLIPBOARD), targets, n, give, forget, c))
		boardAnswer(id, NULL);
	else // no answer is the answer
		forget(NULL, c);
	gtk_target_table_free(targets, n);
	gtk_target_list_unref(list);
	return G_SOURCE_REMOVE;
}

void board_write(uintptr_t id, char *text, int n) {
	struct copy *c = g_new(struct copy, 1);
	c->id = id;
	c->text = text;
	c->n = n;
	g_idle_add_full(G_PRIORITY_DEFAULT, write_turn, c, NULL);
}
