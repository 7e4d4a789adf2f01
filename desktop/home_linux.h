void home_keep(void);
