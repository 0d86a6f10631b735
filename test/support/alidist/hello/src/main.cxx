#include <cstdio>

const char* greeting();

int main()
{
  return std::puts(greeting()) < 0;
}
