# The two commands. Each sets up everything that it needs.
.PHONY: run test

run:
	@./run

test:
	@./test
