 tablespace {tablespace}
