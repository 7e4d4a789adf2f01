#include <stdint.h>

void board_read(uintptr_t id);
void board_write(uintptr_t id, char *text, int n);
